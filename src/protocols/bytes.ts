/** The text with one character per byte (ISO 8859-1): keys are made of it, and patterns see it. */
export function toLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** The bytes of such a text. */
export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
