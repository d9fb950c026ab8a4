/** Makes control characters visible: what others sent must not forge a line or drive the terminal. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
