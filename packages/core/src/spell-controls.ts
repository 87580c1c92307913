/** C0 controls but tab and newline, DEL and C1, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text for people, as `\u001b` what would clear a terminal, title it, or show text other than it is. Names of faces and files may hold
 * anything: whatever is printed with one goes through this, but not JSON, CSV, labels and HTML, which keep names as they are. Colours are
 * put on afterwards.
 */
export function spellControls(text: string): string {
  return text.replaceAll(controls, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
