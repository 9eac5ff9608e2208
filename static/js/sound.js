// @ts-check
/**
 * Rings while an offer waits for an answer, from an oscillator: no file, no download.
 *
 * MUST NOT pretend: a browser lets a page sound only after a click, and until then `state` says
 * `locked`. Exactly one tab of an agent rings: the first that can, by a lock of the browser.
 */

/**
 * @typedef {'on' | 'elsewhere' | 'off' | 'locked'} SoundState `elsewhere`: another tab rings
 * @typedef {{on: boolean, tune: string, volume: number,
 *            speaker?: import('./speakers.js').Speaker | null}} Taste `volume` 0 to 1
 */

import { signal } from './signal.js';

const PREFERENCE = 'interlock.sound';
const EVERY_S = 2.2;
/** So many rings are given to the audio clock at once: timers of hidden pages hardly run. */
const AHEAD = 14;
const LOUDEST = 0.5;
/** Alarms come in storms; one sound is enough for so long. */
const QUIET_S = 10;
/** Soft notes, each as [frequency in Hz, start in s]. @type {Record<string, number[][]>} */
const TUNES = {
  Signal: [
    [659, 0],
    [880, 0.16],
  ],
  Bell: [
    [1175, 0],
    [1175, 0.4],
    [1175, 0.8],
  ],
  Deep: [
    [262, 0],
    [330, 0.18],
    [392, 0.36],
  ],
};
const LOSS = [
  [330, 0],
  [262, 0.2],
];

export const TUNE_NAMES = Object.keys(TUNES);

/** @returns {Taste} */
function remembered() {
  const standard = { on: true, tune: 'Signal', volume: 0.6 };
  try {
    return { ...standard, ...JSON.parse(localStorage.getItem(PREFERENCE) ?? '{}') };
  } catch {
    return standard;
  }
}

export class Ringer {
  /**
   * @param {(state: SoundState) => void} onState
   * @param {string} owner whose tabs share one ring
   */
  constructor(onState, owner) {
    this.onState = onState;
    this.owner = owner;
    this.taste = remembered();
    /** @type {AudioContext | null} */
    this.audio = null;
    this.isFirst = !navigator.locks;
    this.ringing = false;
    this.rests = false;
    /** What is wrong with the chosen device, in words. */
    this.trouble = signal('');
    /** Called once for each trouble. @type {(text: string) => void} */
    this.tell = () => {};
    this.quietUntil = 0;
    /** What is still to sound of a ring; cut off when the offer is answered. @type {GainNode | null} */
    this.out = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(() => void) | null} */
    this.release = null;
  }

  /** @returns {SoundState} */
  get state() {
    if (!this.taste.on) return 'off';
    if (this.audio?.state !== 'running') return 'locked';
    return this.isFirst ? 'on' : 'elsewhere';
  }

  /** Call on any click or key: the moment in which a browser allows sound. */
  async unlock() {
    if (!this.taste.on || this.audio?.state === 'running') return;
    const isNew = !this.audio;
    this.audio ??= new AudioContext();
    await this.audio.resume();
    if (isNew && this.taste.speaker) await this.#route();
    this.#queueForRing();
    this.onState(this.state);
  }

  /** The person's switch; turning it on plays the ring once. */
  async toggle() {
    if (this.state === 'locked' || this.state === 'off') {
      this.#prefer({ on: true });
      await this.test();
    } else {
      this.#prefer({ on: false });
      this.release?.();
      this.release = null;
    }
    this.onState(this.state);
  }

  /** @param {Partial<Taste>} taste what to change; it is played at once */
  async choose(taste) {
    this.#prefer(taste);
    await this.unlock();
    if ('speaker' in taste) await this.#route();
    await this.test();
  }

  /** Send the sound to the chosen device, now and whenever one comes or goes. */
  async #route() {
    const way = await import('./speakers.js').catch(() => null);
    if (!this.audio || !way) return;
    way.follow(() => void this.#route());
    const before = this.trouble.value;
    this.trouble.value = await way.route(this.audio, this.taste.speaker ?? null);
    if (this.trouble.value && this.trouble.value !== before) this.tell(this.trouble.value);
  }

  /** Play the ring once, whichever tab this is. */
  async test() {
    await this.unlock();
    this.#play(TUNES[this.taste.tune]);
  }

  /** @param {boolean} ringing whether an offer waits for an answer */
  ring(ringing) {
    if (ringing === this.ringing) return;
    this.ringing = ringing;
    this.#restart();
  }

  /** Play the ring once, in one tab, and not again for a while. */
  once() {
    const now = this.audio?.currentTime ?? 0;
    if (!this.isFirst || now < this.quietUntil) return;
    this.quietUntil = now + QUIET_S;
    this.#play(TUNES[this.taste.tune]);
  }

  /** Leave the ringing to another tab, or take part again. @param {boolean} on */
  rest(on) {
    this.rests = on;
    if (!on) return this.#queueForRing();
    this.release?.();
    this.release = null;
  }

  /** The connection is gone: two falling notes, once. */
  lost() {
    if (this.isFirst) this.#play(LOSS);
  }

  #restart() {
    clearTimeout(this.timer);
    this.out?.disconnect();
    this.out = null;
    if (this.ringing) this.#again();
  }

  #again() {
    if (this.isFirst && this.audio) {
      this.out = this.audio.createGain();
      this.out.connect(this.audio.destination);
      for (let turn = 0; turn < AHEAD; turn += 1)
        this.#play(TUNES[this.taste.tune], this.out, turn * EVERY_S);
    }
    this.timer = setTimeout(() => this.#again(), (this.out ? AHEAD : 1) * EVERY_S * 1000);
  }

  /** @param {Partial<Taste>} taste */
  #prefer(taste) {
    this.taste = { ...this.taste, ...taste };
    localStorage.setItem(PREFERENCE, JSON.stringify(this.taste));
    this.#restart();
    this.onState(this.state);
  }

  #queueForRing() {
    if (!navigator.locks || this.release || this.rests || !this.audio) return;
    const queue = new AbortController();
    this.release = () => queue.abort();
    const hold = () => {
      this.isFirst = true;
      this.#restart();
      this.onState(this.state);
      return new Promise((resolve) => {
        this.release = () => {
          this.isFirst = false;
          resolve(undefined);
        };
      });
    };
    const { signal } = queue;
    navigator.locks.request(`interlock.ring.${this.owner}`, { signal }, hold).catch(() => {});
  }

  /** @param {number[][] | undefined} notes @param {AudioNode} [out] @param {number} [afterS] */
  #play(notes, out = this.audio?.destination, afterS = 0) {
    const { audio } = this;
    if (!this.taste.on || audio?.state !== 'running' || !out) return;
    for (const [frequency, start] of notes ?? TUNES.Signal)
      this.#note(audio, frequency, audio.currentTime + afterS + start, out);
  }

  /**
   * @param {AudioContext} audio
   * @param {number} frequency
   * @param {number} at
   * @param {AudioNode} out
   */
  #note(audio, frequency, at, out) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    const loud = Math.max(0.001, LOUDEST * this.taste.volume);
    volume.gain.exponentialRampToValueAtTime(loud, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
    tone.connect(volume).connect(out);
    tone.start(at);
    tone.stop(at + 0.55);
  }
}
