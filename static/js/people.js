// @ts-check
/**
 * Signing in with a name and a password, where the server has local users.
 *
 * MUST NOT keep a password: it is in its field until the page is left, and emptied when it was wrong.
 */

import { HttpProblem, call, goTo, homeOf } from './api.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('people'));
const trouble = /** @type {HTMLElement} */ (form.querySelector('.trouble'));
const button = /** @type {HTMLButtonElement} */ (form.querySelector('.main'));
const withKey = /** @type {HTMLButtonElement} */ (document.getElementById('with-key'));

/** @param {string} name @returns {HTMLInputElement} */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/**
 * Put the form for names in the stead of the one for keys, which stays one step away.
 * @param {HTMLElement} keys the form for keys
 * @param {string} told what stands there already, for people
 */
export function offerPasswords(keys, told) {
  trouble.textContent = told;
  form.hidden = false;
  keys.hidden = true;
  withKey.addEventListener('click', () => {
    form.hidden = true;
    keys.hidden = false;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  field('user').focus();
}

async function submit() {
  button.disabled = true;
  trouble.textContent = '';
  const [user, password] = [field('user').value.trim(), field('password').value];
  try {
    goTo(homeOf(await call('POST', 'v1/session', { user, password })));
  } catch (problem) {
    if (!(problem instanceof HttpProblem)) throw problem;
    button.disabled = false;
    trouble.textContent = problem.message;
    field('password').value = '';
    field('password').focus();
  }
}
