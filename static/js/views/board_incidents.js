// @ts-check
/**
 * Incidents: the list of the day, and one in full with its evidence and what was done.
 *
 * MUST NOT call an incident over before the server does.
 */

import { dayText, figure, span, stepText, valueText } from '../board_words.js';
import { addressOf } from '../board_world.js';
import { html, nothing } from '../vendor.js';
import { plain } from '../words.js';
import { lamp } from './lamps.js';

/**
 * @typedef {import('../board_model.js').BoardModel} BoardModel
 * @typedef {import('../board_store.js').Row} Row
 */

/** @param {Row} one @param {number} now */
const lasted = (one, now) => span((one.resolved_at ?? now) - one.since);

/** @param {BoardModel} model */
export function incidentList(model) {
  const { data, error } = model.got('v1/incidents?limit=100');
  const known = new Map((data?.incidents ?? []).map((/** @type {Row} */ one) => [one.id, one]));
  for (const one of model.state.incidents) known.set(one.id, one);
  const all = [...known.values()].sort((a, b) => b.opened_at - a.opened_at);
  if (error) return html`<p class="card empty" role="alert">${lamp('stop')} ${error}</p>`;
  if (all.length === 0)
    return html`<p class="card empty">${lamp('clear')} Nothing was found wrong.</p>`;
  return html`<ul class="list card">
    ${all.map(
      (one) =>
        html`<li>
          <button
            class="item"
            aria-haspopup="dialog"
            data-incident-row=${one.id}
            @click=${() => model.open('incident', one.id)}
          >
            <span class="item-name"
              >${lamp(one.state === 'open' ? 'stop' : 'clear')}
              ${one.title ?? plain(one.cause)}</span
            >
            <span class="item-state"
              >${one.state === 'open' ? 'open' : 'over'}${one.acknowledged_by
                ? html`, with <bdi>${one.acknowledged_by}</bdi>`
                : nothing}</span
            >
            <span class="item-more"><bdi>${one.text}</bdi></span>
            <span class="item-time">${dayText(one.since)} · ${lasted(one, model.clock.now())}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}

/** @param {BoardModel} model @param {string} id */
export function incidentPlace(model, id) {
  const path = `v1/incidents/${encodeURIComponent(id)}`;
  const one = model.state.incidents.find((known) => known.id === id) ?? model.got(path).data;
  const title = one?.title ?? id;
  if (!one) return { title, path, body: nothing };
  const report = addressOf(`${path}/report`);
  return {
    title,
    path,
    body: html`<p class="sentence">
        ${lamp(one.state === 'open' ? 'stop' : 'clear')} <bdi>${one.text}</bdi>
      </p>
      <dl class="facts wide">
        ${row('State', one.state === 'open' ? 'open' : `over: ${plain(one.resolution ?? '')}`)}
        ${row(
          'Began',
          `${dayText(one.since)}, ${lasted(one, model.clock.now())} ${one.resolved_at ? 'in all' : 'so far'}`,
        )}
        ${row('Cause', plain(one.cause))} ${row('About', about(one, model))}
        ${row('Acknowledged by', one.acknowledged_by ?? 'nobody yet')}
        ${one.conversations === null
          ? nothing
          : row(
              'Customers hit',
              `${figure(one.conversations)}, who waited ${span(one.waited_ms)} together`,
            )}
      </dl>
      <div class="row tools">
        ${one.state === 'open' && !one.acknowledged_by
          ? html`<button
              class="button small"
              aria-haspopup="dialog"
              @click=${() => model.ask('acknowledge', one)}
            >
              Acknowledge
            </button>`
          : nothing}
        <a class="button small" href=${report} download="incident-${one.id}.md"
          >Post-mortem (Markdown)</a
        >
      </div>
      <h3 class="station">Evidence</h3>
      ${evidence(one.evidence)}
      <h3 class="station">What was done</h3>
      ${steps(one)}`,
  };
}

/** @param {string} name @param {any} value */
const row = (name, value) =>
  html`<div>
    <dt>${name}</dt>
    <dd><bdi>${value}</bdi></dd>
  </div>`;

/** @param {Row} one @param {BoardModel} model */
function about(one, model) {
  const links = /** @type {['queue' | 'agent' | 'conversation', string][]} */ ([
    ['queue', one.queue],
    ['agent', one.agent],
    ['conversation', one.conversation],
  ]).filter(([, id]) => id);
  if (links.length === 0) return 'the whole workspace';
  return links.map(
    ([kind, id]) =>
      html`<button class="link" @click=${() => model.open(kind, id, true)}>${kind} ${id}</button> `,
  );
}

/** @param {any} found */
function evidence(found) {
  const entries = Object.entries(found ?? {});
  if (entries.length === 0) return html`<p class="note">None was kept.</p>`;
  return html`<table class="plain">
    <tbody>
      ${entries.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${plain(name)}</th>
            <td><bdi>${valueText(value)}</bdi></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** @param {Row} one */
function steps(one) {
  if (!one.steps?.length) return html`<p class="note">Nothing yet.</p>`;
  return html`<ol class="life">
      ${one.steps.map(
        (/** @type {any} */ step) =>
          html`<li class="life-step">
            ${lamp(
              step.step === 'resolved' ? 'clear' : step.step === 'escalated' ? 'stop' : 'caution',
            )}
            <div>
              <p class="life-when">
                <time>${dayText(step.at)}</time> <span>+${span(step.at - one.since)}</span>
                <span class="by"><bdi>${step.by}</bdi></span>
              </p>
              <p><strong>${stepText(step.step)}</strong> <bdi>${step.text}</bdi></p>
            </div>
          </li>`,
      )}
    </ol>
    ${one.steps_left_off
      ? html`<p class="note">${one.steps_left_off} earlier steps are left off.</p>`
      : nothing}`;
}
