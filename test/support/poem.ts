import type { PeerConnection } from "./scripted-peer.ts";
import type { Visit } from "./visitor.ts";

export const POEM = "The fascination of what's difficult\nHas dried the sap out of my veins\n";

/** An upstream that sends the poem and closes cleanly. */
export const recite = (connection: PeerConnection): void => connection.send(POEM).fin();

/** The visit of a client that got `text` and a clean end. */
export const answered = (text: string): Visit => ({ bytes: Buffer.from(text), end: "fin" });

/** The visit of a client that got the whole poem. */
export const whole = answered(POEM);

/** The visit of a client that was reset before the first byte. */
export const nothing: Visit = { bytes: Buffer.alloc(0), end: "reset" };
