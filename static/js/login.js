// @ts-check
/**
 * The sign-in page: a key, for agents also whose desk it is.
 *
 * MUST NOT store the key. A link may carry `#key=…&agent=…`; the fragment never reaches the
 * server's logs and is taken out of the address before anything else happens.
 */

import { HttpProblem, goTo, homeOf, signIn } from './api.js';

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

addEventListener('hashchange', takeLink);
showRole();
takeLink();
