"""One suite for every store: whatever fulfils ``app.ports`` gives the same answers."""
