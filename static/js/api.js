// @ts-check
/**
 * The few HTTP calls of the pages: who am I, sign in, sign out, a ticket for a socket.
 *
 * MUST NOT keep a key or a ticket. The rule: addresses are relative to this module, so that the
 * pages work under any prefix a proxy puts before them.
 */

/** Where the server's own paths start, with a slash at the end. */
export const BASE = new URL('../../../', import.meta.url);

/** @typedef {{role: string, agent?: string | null, expires_at?: number}} Identity */

/** The server said no (`status`), or could not be reached (`status` 0). */
export class HttpProblem extends Error {
  /**
   * @param {number} status
   * @param {string} code stable code of the problem
   * @param {string} message for people
   * @param {number} retryAfterMs what the server asked for, 0 if nothing
   */
  constructor(status, code, message, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @param {string} method
 * @param {string} path relative to the base
 * @param {object} [body]
 * @returns {Promise<any>} the JSON answer, or null if there is none
 */
export async function call(method, path, body) {
  /** @type {RequestInit} */
  const options = { method, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { 'Content-Type': 'application/json' };
  }
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), options);
  } catch {
    throw new HttpProblem(0, 'unreachable', 'The server cannot be reached.');
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said;
  const wait = Number(answer.headers.get('Retry-After')) * 1000;
  const message = said?.detail ?? said?.title ?? `The server answered ${answer.status}.`;
  throw new HttpProblem(answer.status, said?.code ?? '', message, Number.isFinite(wait) ? wait : 0);
}

/** Who this browser is signed in as; null when nobody. @returns {Promise<Identity | null>} */
export async function whoAmI() {
  try {
    return await call('GET', 'v1/session');
  } catch (problem) {
    if (problem instanceof HttpProblem && problem.status === 401) return null;
    throw problem;
  }
}

/** @param {string} key @param {string} agent may be empty @returns {Promise<Identity>} */
export const signIn = (key, agent) => call('POST', 'v1/session', agent ? { key, agent } : { key });

/** End the browser's session; an ended one is as good. */
export async function signOut() {
  try {
    await call('DELETE', 'v1/session');
  } catch (problem) {
    if (!(problem instanceof HttpProblem)) throw problem;
  }
}

/** @param {{role: string, agent?: string}} who @returns {Promise<string>} a single-use ticket */
export async function ticketFor(who) {
  return (await call('POST', 'v1/tickets', who)).ticket;
}

/** Address of the socket. */
export function socketAddress() {
  const address = new URL('ws', BASE);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

/** Go to another page of ours. @param {string} page */
export const goTo = (page) => location.replace(new URL(page, BASE));

/** The page for a role. @param {Identity} identity */
export const homeOf = (identity) =>
  identity.role === 'agent' || identity.agent ? 'agent' : 'board';
