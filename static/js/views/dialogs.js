// @ts-check
/**
 * The two dialogs of the agent page: the list of keys, and where to transfer a conversation.
 *
 * MUST NOT trap anybody: native dialogs, closed by Escape.
 */

import { SHORTCUTS } from '../keys.js';
import { html } from '../vendor.js';
import { whoIs } from '../words.js';

/** @typedef {import('../agent_model.js').AgentModel} AgentModel */

/** Show a dialog by its id. @param {string} id */
export function openDialog(id) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById(id));
  if (dialog && !dialog.open) dialog.showModal();
}

/** @param {Event} event of something inside the dialog */
const close = (event) => /** @type {Element} */ (event.target).closest('dialog')?.close();

export const helpDialog = () =>
  html`<dialog id="help" class="dialog" aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl class="keys">
      ${SHORTCUTS.map(
        ([key, , what]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <p>They rest while you type. Tab and Enter work everywhere.</p>
    <div class="row"><button class="button main" @click=${close}>Close</button></div>
  </dialog>`;

/** @param {AgentModel} model */
export function transferDialog(model) {
  const id = model.transferring.value;
  const conversation = model.state.value.conversations.find((one) => one.id === id);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    const target = String(said.get('target') ?? '').trim();
    if (target)
      void model.transfer(id, said.get('kind') === 'agent' ? { agent: target } : { queue: target });
    close(event);
    form.reset();
  };
  return html`<dialog
    id="transfer"
    class="dialog"
    aria-labelledby="transfer-title"
    @close=${() => (model.transferring.value = '')}
  >
    <h2 id="transfer-title">Transfer <bdi>${conversation ? whoIs(conversation) : ''}</bdi></h2>
    <form @submit=${submit}>
      <fieldset class="row">
        <legend>To</legend>
        <label class="choice"
          ><input type="radio" name="kind" value="queue" checked /> a queue</label
        >
        <label class="choice"><input type="radio" name="kind" value="agent" /> an agent</label>
      </fieldset>
      <label class="label"
        >Its id
        <input
          class="field"
          name="target"
          list="queues"
          required
          maxlength="128"
          pattern="[A-Za-z0-9._:\\-]+"
          autocomplete="off"
      /></label>
      <datalist id="queues">
        ${queueIds(model.state.value.agent?.queues).map(
          (queue) => html`<option value=${queue}></option>`,
        )}
      </datalist>
      <div class="row">
        <button class="button main">Transfer</button
        ><button class="button" type="button" @click=${close}>Cancel</button>
      </div>
    </form>
  </dialog>`;
}

/** @param {any} queues ids, objects with an id, or a map from id to level @returns {string[]} */
function queueIds(queues) {
  if (!queues) return [];
  const list = Array.isArray(queues) ? queues : Object.keys(queues);
  return list.map((queue) => (typeof queue === 'string' ? queue : queue.id));
}
