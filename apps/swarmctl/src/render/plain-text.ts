// Escape sequences that terminals act upon: CSI (colours, cursor), OSC (title, links) and the two-character ones.
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -~]?/g;

// What is left of C0 and C1, and the marks that reverse the direction of text.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from the manager in a form that a terminal only shows: a service's name or a task's error may have been written by
 * anyone. Line breaks and tabs become spaces. A state that only a newer manager has a name for comes as a number, whatever its type says.
 */
export function plainText(text: string | number): string {
  return String(text)
    .replace(ESCAPES, '')
    .replace(/[\r\n\t]+/g, ' ')
    .replace(CONTROLS, '');
}

/** As `plainText`, but keeps the line breaks. */
export function plainLines(text: string): string {
  return text.split(/\r?\n/).map(plainText).join('\n');
}
