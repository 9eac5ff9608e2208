// @ts-check
/**
 * Two lists: what was set aside, and what was changed in the configuration.
 *
 * MUST NOT offer what the signed-in role may not do.
 */

import { ageText, dayText, span, valueText } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { plain } from '../words.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 */

/** @param {BoardModel} model @param {string} path */
function aged(model, path) {
  const { at, error } = model.got(path);
  if (error) return html`<p class="note bad" role="alert">${lamp('stop')} ${error}</p>`;
  return at
    ? html`<p class="note">As of ${ageText(model.clock.now() - at)}.</p>`
    : html`<p class="note">${lamp('moving')} Asking the server…</p>`;
}

/** @param {BoardModel} model */
export function quarantine(model) {
  /** @type {Row[] | undefined} */
  const items = model.got('v1/quarantine').data?.items;
  return html`${aged(model, 'v1/quarantine')}
    ${items?.length === 0
      ? html`<p class="card empty">${lamp('clear')} Nothing is set aside.</p>`
      : nothing}
    <ul class="list card" ?hidden=${!items?.length}>
      ${(items ?? []).map(
        (one) =>
          html`<li class="aside" data-aside=${one.id}>
            <div>
              <p>
                <button
                  class="link"
                  aria-haspopup="dialog"
                  @click=${() => model.open('conversation', one.id)}
                >
                  <strong>${one.id}</strong>
                </button>
                in <bdi>${model.queue(one.queue)?.name || one.queue}</bdi>, ${one.channel}, waits
                ${span(model.clock.now() - one.enqueued_at)}
              </p>
              <p>
                ${lamp('stop')} <bdi>${plain(one.reason)}</bdi>
                <span class="note"
                  >by <bdi>${one.by}</bdi> ${ageText(model.clock.now() - one.at)}</span
                >
              </p>
              ${one.evidence
                ? html`<details>
                    <summary>Evidence</summary>
                    <pre class="evidence">${one.evidence}</pre>
                  </details>`
                : nothing}
            </div>
            <div class="alarm-tools">
              <button
                class="button small"
                aria-haspopup="dialog"
                @click=${() => model.ask('unquarantine', one)}
              >
                Requeue<span class="unseen"> ${one.id}</span>
              </button>
              <button
                class="button small"
                aria-haspopup="dialog"
                @click=${() => model.ask('discard', one)}
              >
                Discard<span class="unseen"> ${one.id}</span>
              </button>
            </div>
          </li>`,
      )}
    </ul>`;
}

/** @param {BoardModel} model */
export function changes(model) {
  const path = 'v1/config/history?limit=50';
  /** @type {Row[]} */
  const items = model.got(path).data?.changes ?? [];
  return html`${aged(model, path)}
    <ul class="list card">
      ${items.map(
        (one) =>
          html`<li class="aside" data-version=${one.version}>
            <div>
              <p>
                <strong>${one.kind} <bdi>${one.id}</bdi> ${one.action}</strong>
                <span class="note"
                  >version ${one.version}, ${dayText(one.at)}, by <bdi>${one.by}</bdi></span
                >
              </p>
              ${one.reason ? html`<p><bdi>${one.reason}</bdi></p>` : nothing}
              <ul class="diff">
                ${one.diff.slice(0, 12).map(
                  (/** @type {any} */ part) =>
                    html`<li>
                      ${part.path === '$' && !part.before
                        ? nothing
                        : html`<code>${part.path}</code> <del>${valueText(part.before)}</del> → `}
                      <ins><bdi>${valueText(part.after)}</bdi></ins>
                    </li>`,
                )}
              </ul>
            </div>
            <div class="alarm-tools">
              ${one.undoable
                ? html`<button
                    class="button small"
                    aria-haspopup="dialog"
                    ?disabled=${!model.isAdmin}
                    title=${model.isAdmin ? nothing : 'For admins'}
                    @click=${() =>
                      model.ask('undo', { id: String(one.version), kind: one.kind, name: one.id })}
                  >
                    Undo<span class="unseen"> version ${one.version}</span>
                  </button>`
                : html`<p class="note">changed again since</p>`}
            </div>
          </li>`,
      )}
    </ul>`;
}
