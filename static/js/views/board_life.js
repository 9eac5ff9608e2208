// @ts-check
/**
 * The life line of one conversation: every transition, and of each offer who was considered.
 *
 * MUST NOT retell the log in other words than the server's.
 */

import { againstText, clockText, span } from '../board_words.js';
import { html, nothing } from '../vendor.js';
import { plain, whyFacts } from '../words.js';
import { lamp } from './lamps.js';

/** @typedef {import('../board_store.js').Row} Row */

/** @type {Record<string, 'clear' | 'caution' | 'stop' | 'off' | 'moving'>} */
const LAMPS = {
  conversation_entered: 'off',
  offer_made: 'moving',
  offer_delivered: 'moving',
  offer_seen: 'moving',
  conversation_assigned: 'clear',
  conversation_requeued: 'caution',
  conversation_moved: 'caution',
  conversation_quarantined: 'stop',
  conversation_ended: 'off',
};

/** @param {any} item */
const lampOf = ({ type, details }) =>
  type === 'offer_ended'
    ? details?.outcome === 'accepted'
      ? 'clear'
      : 'caution'
    : (LAMPS[type] ?? 'off');

/** @param {any} timeline @param {any} explained */
export function lifeLine(timeline, explained) {
  if (!timeline) return html`<p class="empty">Reading the log…</p>`;
  const offers = new Map(
    (explained?.offers ?? []).map((/** @type {any} */ offer) => [offer.id, offer]),
  );
  const items = timeline.timeline;
  return html`<ol class="life" aria-label="Life line">
      ${items.map((/** @type {any} */ item, /** @type {number} */ index) =>
        step(item, items[index - 1], offers),
      )}
    </ol>
    ${timeline.trimmed
      ? html`<p class="note">${timeline.trimmed} older transitions are no longer in the log.</p>`
      : nothing}`;
}

/** @param {any} item @param {any} before @param {Map<string, any>} offers */
function step(item, before, offers) {
  const after = before ? `+${span(item.at - before.at)}` : '';
  const decided =
    item.type === 'offer_made' ? (offers.get(item.details?.offer) ?? item.details) : null;
  return html`<li class="life-step" data-type=${item.type}>
    ${lamp(lampOf(item))}
    <div>
      <p class="life-when">
        <time>${clockText(item.at)}</time> <span>${after}</span>
        <span class="by"><bdi>${item.actor}</bdi></span>
      </p>
      <p>
        <bdi>${item.text || plain(item.type)}</bdi>${item.reason
          ? html` <em><bdi>“${item.reason}”</bdi></em>`
          : nothing}
      </p>
      ${decided ? decision(decided) : nothing}
    </div>
  </li>`;
}

/** Who was considered for one offer, and what spoke against each. @param {any} offer */
function decision(offer) {
  const { others, members, ...why } = offer.why ?? {};
  const named = Object.entries(others ?? {});
  return html`<details class="decision">
    <summary>Why ${offer.agent}: ${whyFacts(why).join(', ') || 'the only one'}</summary>
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Candidate</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row"><bdi>${offer.agent}</bdi></th>
          <td>chosen</td>
        </tr>
        ${named.map(
          ([agent, code]) =>
            html`<tr>
              <th scope="row"><bdi>${agent}</bdi></th>
              <td>${againstText(/** @type {string} */ (code))}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="note">
      ${members ?? 0} members were
      considered${named.length === 0 && members > 1
        ? '; in so large a team the others are not named'
        : ''}.
      Configuration version ${offer.version ?? '–'}.
    </p>
  </details>`;
}

/** Everybody who could serve it now, and what speaks against each. @param {any} explained */
export function membersNow(explained) {
  if (!explained) return nothing;
  return html`<h3 class="station">Who could serve it now</h3>
    <p class="sentence"><bdi>${explained.sentence}</bdi></p>
    <ul class="members">
      ${explained.members.map(
        (/** @type {any} */ member) =>
          html`<li>
            ${lamp(member.eligible ? 'clear' : 'off')}
            <span
              ><bdi>${member.name || member.agent}</bdi> <small>level ${member.level}</small></span
            >
            <span class="why"
              >${member.eligible
                ? 'eligible'
                : member.reasons.map((/** @type {any} */ one) => one.text).join(', ')}</span
            >
          </li>`,
      )}
    </ul>`;
}
