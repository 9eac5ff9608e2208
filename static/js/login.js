// @ts-check
/**
 * The sign-in page: a key, for agents also whose desk it is; or a name, or an account elsewhere.
 *
 * MUST NOT store the key. A link may carry `#key=…&agent=…`; the fragment never reaches the
 * server's logs and is taken out of the address before anything else happens.
 */

import { HttpProblem, call, goTo, homeOf, signIn } from './api.js';

/** What went wrong at the identity provider, by its code: nobody can put words of theirs here. */
const REFUSALS = {
  denied: 'The sign-in was broken off at your organisation.',
  away: 'Your organisation could not confirm the sign-in. Try again in a moment.',
  no_way: 'The sign-in took too long, or began in another window. Try again.',
  no_role: 'Your account has no role here. Ask who looks after it.',
  no_provider: 'Signing in with an account of your organisation is not set up here.',
};

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (byId('form'));
const button = /** @type {HTMLButtonElement} */ (byId('submit'));

/** @param {string} name @returns {HTMLInputElement} */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

const isAgent = () => new FormData(form).get('role') === 'agent';

function showRole() {
  byId('agent-label').hidden = !isAgent();
}

/** @param {boolean} busy */
function show(busy) {
  button.disabled = busy;
  button.textContent = busy ? 'Signing in…' : 'Sign in';
}

/** @param {unknown} problem */
function explain(problem) {
  if (!(problem instanceof HttpProblem)) throw problem;
  const isRefused = problem.status === 401 || problem.status === 403;
  byId('trouble').textContent = isRefused
    ? `${problem.message} Check the key and the agent id.`
    : problem.message;
  field('key').focus();
}

async function submit() {
  show(true);
  byId('trouble').textContent = '';
  try {
    const identity = await signIn(
      field('key').value.trim(),
      isAgent() ? field('agent').value.trim() : '',
    );
    goTo(homeOf(identity));
  } catch (problem) {
    show(false);
    explain(problem);
  }
}

form.addEventListener('change', showRole);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});

/** Take a key from the link that led here, and sign in with it. */
function takeLink() {
  const linked = new URLSearchParams(location.hash.slice(1));
  const refused = linked.get('refused') ?? '';
  if (Object.hasOwn(REFUSALS, refused)) {
    byId('trouble').textContent = REFUSALS[/** @type {keyof typeof REFUSALS} */ (refused)];
    history.replaceState(null, '', location.pathname + location.search);
  }
  if (!linked.has('key')) return;
  history.replaceState(null, '', location.pathname + location.search);
  const agent = linked.get('agent') ?? '';
  field('key').value = linked.get('key') ?? '';
  field('agent').value = agent;
  const role = form.querySelector(`[name="role"][value="${agent ? 'agent' : 'supervisor'}"]`);
  /** @type {HTMLInputElement} */ (role).checked = true;
  showRole();
  void submit();
}

/** Other ways than a key, where the server has them; without an answer there is the key. */
async function offerWays() {
  const ways = await call('GET', 'v1/session/ways').catch(() => null);
  byId('provider').hidden = !ways?.provider;
  // Who came by a link with a key, or began to type one, is not disturbed.
  if (ways?.password && !field('key').value) {
    const { offerPasswords } = await import('./people.js');
    offerPasswords(form, byId('trouble').textContent ?? '');
    byId('people').append(byId('provider'));
  }
}

addEventListener('hashchange', takeLink);
showRole();
takeLink();
void offerWays();
