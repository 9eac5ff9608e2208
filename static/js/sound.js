// @ts-check
/**
 * Rings while an offer waits for an answer, from an oscillator: no file, no download.
 *
 * MUST NOT pretend: a browser lets a page sound only after a click, and until then `state` says
 * `locked`. Exactly one tab of an agent rings: the first that can, by a lock of the browser.
 */

/** @typedef {'on' | 'off' | 'locked'} SoundState */

const PREFERENCE = 'interlock.sound';
const EVERY_MS = 2_200;
/** Two soft notes, as [frequency in Hz, start in s]. */
const RING = [
  [659, 0],
  [880, 0.16],
];
const LOSS = [
  [330, 0],
  [262, 0.2],
];

export class Ringer {
  /**
   * @param {(state: SoundState) => void} onState
   * @param {string} owner whose tabs share one ring
   */
  constructor(onState, owner) {
    this.onState = onState;
    this.owner = owner;
    this.wanted = localStorage.getItem(PREFERENCE) !== 'off';
    /** @type {AudioContext | null} */
    this.audio = null;
    this.isFirst = !navigator.locks;
    this.ringing = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(() => void) | null} */
    this.release = null;
  }

  /** @returns {SoundState} */
  get state() {
    if (!this.wanted) return 'off';
    return this.audio?.state === 'running' ? 'on' : 'locked';
  }

  /** Call on any click or key: the moment in which a browser allows sound. */
  async unlock() {
    if (!this.wanted || this.state === 'on') return;
    this.audio ??= new AudioContext();
    await this.audio.resume();
    this.#queueForRing();
    this.onState(this.state);
  }

  /** The person's switch; turning it on plays the ring once. */
  async toggle() {
    if (this.state === 'on') {
      this.wanted = false;
      this.release?.();
      this.release = null;
    } else {
      this.wanted = true;
      await this.unlock();
      this.#play(RING);
    }
    localStorage.setItem(PREFERENCE, this.wanted ? 'on' : 'off');
    this.onState(this.state);
  }

  /** @param {boolean} ringing whether an offer waits for an answer */
  ring(ringing) {
    if (ringing === this.ringing) return;
    this.ringing = ringing;
    clearTimeout(this.timer);
    if (ringing) this.#again();
  }

  /** The connection is gone: two falling notes, once. */
  lost() {
    this.#play(LOSS);
  }

  #again() {
    if (this.isFirst) this.#play(RING);
    this.timer = setTimeout(() => this.#again(), EVERY_MS);
  }

  #queueForRing() {
    if (!navigator.locks || this.release) return;
    void navigator.locks.request(`interlock.ring.${this.owner}`, () => {
      this.isFirst = true;
      return new Promise((resolve) => {
        this.release = () => {
          this.isFirst = false;
          resolve(undefined);
        };
      });
    });
  }

  /** @param {number[][]} notes */
  #play(notes) {
    if (this.state !== 'on' || !this.audio) return;
    for (const [frequency, start] of notes)
      this.#note(this.audio, frequency, this.audio.currentTime + start);
  }

  /** @param {AudioContext} audio @param {number} frequency @param {number} at */
  #note(audio, frequency, at) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    tone.type = 'sine';
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.55);
  }
}
