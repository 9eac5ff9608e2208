// @ts-check
/**
 * One conversation in the drawer: where it stands, what can be done, and its life line.
 *
 * MUST NOT offer an action that the state does not allow.
 */

import { actionsFor, labelOf } from '../board_actions.js';
import { dayText, span } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { plain, shortName, whoIs } from '../words.js';
import { lifeLine, membersNow } from './board_life.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 */

/** @param {BoardModel} model @param {string} id */
export function conversationPlace(model, id) {
  const path = `v1/conversations/${encodeURIComponent(id)}`;
  const one = model.got(path).data;
  const timeline = model.got(`${path}/timeline?limit=1000`).data;
  const explained = model.got(`${path}/explain`).data;
  const title = html`<bdi>${one ? whoIs(one) : id}</bdi>`;
  if (!one) return { title, path, body: nothing };
  return {
    title,
    path,
    body: html`${facts(one, model)}
      ${one.quarantine
        ? html`<p class="banner banner-stop">
            Set aside: <bdi>${one.quarantine.reason}</bdi>. It waits and is not offered.
          </p>`
        : nothing}
      ${actions(one, model)}
      <h3 class="station">Life line</h3>
      ${lifeLine(timeline, explained)} ${one.ended_at ? nothing : membersNow(explained)}`,
  };
}

/** @param {Row} one @param {BoardModel} model */
const actions = (one, model) => {
  const names = actionsFor(one);
  if (names.length === 0) return nothing;
  const subject = one.quarantine
    ? { ...one, reason: one.quarantine.reason, at: one.quarantine.at }
    : one;
  return html`<div class="row tools" role="group" aria-label="Actions">
    ${names.map(
      (name) =>
        html`<button
          class="button small"
          aria-haspopup="dialog"
          @click=${() => model.ask(name, subject)}
        >
          ${labelOf(name, one)}
        </button>`,
    )}
  </div>`;
};

/** @param {Row} one @param {BoardModel} model */
function facts(one, model) {
  const wait = one.estimated_wait;
  const expected = !wait
    ? ''
    : wait.unknown
      ? `unknown (${plain(wait.unknown)})`
      : `${span(wait.p50_ms)}, nine of ten within ${span(wait.p90_ms)}`;
  /** @type {[string, any][]} */
  const rows = [
    ['State', `${plain(one.state)}${one.position ? `, place ${one.position} in line` : ''}`],
    ['Queue', button(model, 'queue', one.queue)],
    ['Agent', one.agent ? button(model, 'agent', one.agent) : ''],
    [
      'On offer to',
      (one.offers ?? []).map((/** @type {any} */ offer) => button(model, 'agent', offer.agent)),
    ],
    ['Waits since', dayText(one.enqueued_at)],
    ['Expected wait', expected],
    ['Ended', one.ended_at ? `${dayText(one.ended_at)}, ${plain(one.end_reason ?? '')}` : ''],
    ['What came of it', one.disposition ?? ''],
    ['Channel, priority', `${one.channel}, ${one.priority}`],
    [
      'Skills',
      Object.entries(one.skills ?? {})
        .map(([name, level]) => `${name} ${level}`)
        .join(', '),
    ],
    ['Prefers', one.preferred_agent ?? ''],
    ['Subject', one.subject ?? ''],
    ['Id', one.id],
  ];
  return html`<dl class="facts wide">
    ${rows
      .filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0))
      .map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd><bdi>${value}</bdi></dd>
          </div>`,
      )}
  </dl>`;
}

/** @param {BoardModel} model @param {'queue' | 'agent'} kind @param {string} id */
const button = (model, kind, id) =>
  html`<button class="link" @click=${() => model.open(kind, id, true)}>
    ${model[kind](id)?.name || id}
  </button>`;

/** A list of conversations, each a way to its own place. @param {BoardModel} model @param {Row[]} rows */
export const conversationList = (model, rows) =>
  rows.length === 0
    ? html`<p class="note">None.</p>`
    : html`<ul class="list">
        ${rows.map(
          (one) =>
            html`<li>
              <button
                class="item"
                data-conversation=${one.id}
                @click=${() => model.open('conversation', one.id, true)}
              >
                <span class="item-name"><bdi>${shortName(one)}</bdi></span>
                <span class="item-state"
                  >${plain(one.state)}${one.agent
                    ? html` · <bdi>${model.agent(one.agent)?.name || one.agent}</bdi>`
                    : nothing}</span
                >
                <span class="item-more"><bdi>${one.subject ?? ''}</bdi></span>
                <span class="item-time"
                  >${span(model.clock.now() - one.enqueued_at)}${one.quarantine
                    ? ' · set aside'
                    : ''}</span
                >
              </button>
            </li>`,
        )}
      </ul>`;
