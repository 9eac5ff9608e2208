"""What a customer may write to run code in somebody's page, or to bend it; all of it is text.

Whatever runs sets ``window.hit``.
"""

from __future__ import annotations

CORPUS = (
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<details open ontoggle=window.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=javascript:window.hit=1>x</a>",
    "<object data=javascript:window.hit=1>",
    "<form action=//evil.example><button autofocus onfocus=window.hit=1>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<style>*{display:none}</style>",
    "<template><script>window.hit=1</script></template>",
    "</title><script>window.hit=1</script>",
    "</textarea><script>window.hit=1</script>",
    "<!--><script>window.hit=1</script>",
    "<math><mi xlink:href='javascript:window.hit=1'>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "javascript:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "'-window.hit=1-'",
    "${window.hit=1}{{constructor.constructor('window.hit=1')()}}",
    "__proto__",
    "constructor",
    "toString",
)
MADE = (
    "img, svg, iframe, object, form, base, style, script, template, math, main a, details[ontoggle]"
)
"""Elements that none of it may become; what the page has of its own is counted before."""
