// @ts-check
/**
 * On which device of this machine a page rings, and what is said when that one is gone.
 *
 * MUST NOT listen to anybody: browsers name the devices only after leave to use the microphone,
 * which is let go at once. The rule: a ring that cannot come from the chosen device comes from
 * the standard one, and the page says so.
 */

import { signal } from './signal.js';

/** @typedef {{id: string, label: string}} Speaker */

/** The devices that the browser names; none before leave is given. */
export const speakers = signal(/** @type {Speaker[]} */ ([]));

/** @returns {MediaDevices | undefined} nothing outside a secure context */
const devices = () => navigator.mediaDevices;

/** Whether this browser lets a page choose. */
export const canChoose = () =>
  !!devices() && 'setSinkId' in (globalThis.AudioContext?.prototype ?? {});

/** Look again. @returns {Promise<Speaker[]>} */
export async function look() {
  const found = await devices()?.enumerateDevices();
  speakers.value = (found ?? [])
    .filter(({ kind, deviceId }) => kind === 'audiooutput' && deviceId && deviceId !== 'default')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return speakers.value;
}

/** Ask for leave to know the devices. @returns {Promise<string>} what went wrong */
export async function askForNames() {
  try {
    const heard = await devices()?.getUserMedia({ audio: true });
    for (const track of heard?.getTracks() ?? []) track.stop();
    await look();
    return speakers.value.length > 0 ? '' : 'The browser names no other device.';
  } catch {
    return 'The browser did not allow it, or there is no microphone: the standard device rings.';
  }
}

/** @param {() => void} changed called whenever a device comes or goes; one at a time */
export function follow(changed) {
  const all = devices();
  if (all) all.ondevicechange = changed;
}

/**
 * Sound on a device from now on, or on the standard one when it is gone.
 * @param {AudioContext} audio
 * @param {Speaker | null} speaker null: the standard one
 * @returns {Promise<string>} what to tell the person; '' when all is as they chose
 */
export async function route(audio, speaker) {
  const { setSinkId } = /** @type {any} */ (audio);
  if (!setSinkId) return '';
  const known = await look();
  const isGone = speaker && known.length > 0 && !known.some(({ id }) => id === speaker.id);
  try {
    await setSinkId.call(audio, (!isGone && speaker?.id) || '');
    if (!isGone) return '';
  } catch {
    await setSinkId.call(audio, '').catch(() => {});
  }
  return `“${speaker?.label || 'The chosen device'}” is gone: the standard device rings.`;
}
