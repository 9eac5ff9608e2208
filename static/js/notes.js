// @ts-check
/**
 * Notes on conversations, for the page of the customer system that this page is embedded in.
 *
 * MUST NOT give a note to any page but the one of the configured origin, and MUST NOT forget one
 * before that page said that it has it. The rule: a draft lives in this tab's storage, is due when
 * the server took its conversation from our hands, and goes when its id comes back.
 */

import { html, keyed, nothing } from './lit.js';
import { effect, signal } from './signal.js';
import { lamp } from './views/lamps.js';

const AGAIN_MS = 5_000;
const LONGEST = 4_000;

/**
 * @typedef {{id: string, conversation: string, queue: string, disposition: string | null,
 *            text: string, at: number, due: boolean}} Note `at`: server time (ms) it became due
 */

export class Notes {
  /**
   * @param {string} origin of the page around this one
   * @param {string} agent
   * @param {import('./agent_model.js').AgentModel} model
   */
  constructor(origin, agent, model) {
    this.origin = origin;
    this.agent = agent;
    this.model = model;
    this.name = `interlock.notes.${agent}`;
    /** @type {import('./signal.js').Signal<Note[]>} */
    this.notes = signal(this.#kept());
    addEventListener('message', (event) => this.#hear(event));
    effect(() => this.#settle(model.state.value));
    setInterval(() => this.#give(), AGAIN_MS);
    this.#give();
  }

  /** The field on a card. @param {import('./store.js').Conversation} conversation */
  field(conversation) {
    const draft = this.notes.value.find((one) => !one.due && one.conversation === conversation.id);
    return html`<label class="label"
      >Note, handed over when this is done
      <textarea
        class="field"
        rows="2"
        maxlength=${LONGEST}
        .value=${draft?.text ?? ''}
        @input=${(/** @type {any} */ { target }) => this.#write(conversation, target.value)}
      ></textarea>
    </label>`;
  }

  /** What waits to be taken. */
  waiting() {
    const due = this.notes.value.filter((one) => one.due);
    if (due.length === 0) return nothing;
    return html`<div class="banner banner-caution">
      ${lamp('caution')}
      <div>
        <p>Notes not taken yet by <bdi>${this.origin}</bdi>. They are kept in this tab:</p>
        <ul>
          ${keyed('notes', due, ({ text }) => html`<li><bdi>${text}</bdi></li>`)}
        </ul>
      </div>
    </div>`;
  }

  /** @returns {Note[]} */
  #kept() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.name) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  /** @param {Note[]} notes */
  #keep(notes) {
    sessionStorage.setItem(this.name, JSON.stringify(notes));
    this.notes.value = notes;
  }

  /** @param {import('./store.js').Conversation} conversation @param {string} text */
  #write({ id: conversation, queue }, text) {
    const others = this.notes.value.filter((one) => one.due || one.conversation !== conversation);
    const mine = this.notes.value.find((one) => !others.includes(one));
    const id = mine?.id ?? crypto.getRandomValues(new Uint32Array(4)).join('-');
    const note = { id, conversation, queue, disposition: null, text, at: 0, due: false };
    this.#keep(text.trim() ? [...others, note] : others);
  }

  /** @param {import('./store.js').AgentState} state */
  #settle({ agent, conversations }) {
    if (!agent) return;
    let changed = false;
    const notes = this.notes.value.map((note) => {
      if (note.due) return note;
      const held = conversations.find(({ id }) => id === note.conversation);
      const disposition = held?.disposition ?? note.disposition;
      if (held && disposition === note.disposition) return note;
      changed = true;
      return held ? { ...note, disposition } : { ...note, due: true, at: this.model.clock.now() };
    });
    if (!changed) return;
    this.#keep(notes);
    this.#give();
  }

  #give() {
    for (const { due, at, ...note } of this.notes.value)
      if (due)
        parent.postMessage(
          { type: 'interlock.note', version: 1, agent: this.agent, ...note, at: Math.round(at) },
          this.origin,
        );
  }

  /** @param {MessageEvent} event */
  #hear({ data, origin, source }) {
    if (origin !== this.origin || source !== parent || data?.type !== 'interlock.note_taken')
      return;
    this.#keep(this.notes.value.filter(({ id, due }) => !due || id !== data.id));
  }
}
