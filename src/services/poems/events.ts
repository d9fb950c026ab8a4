import type { Address } from "../../net/address.ts";
import type { Visit } from "../../net/transport.ts";
import type { LibraryError } from "./poem-library.ts";

/** Events of poem servers, besides those of their clients. */
export interface PoemEvents {
  readonly serving: { readonly poem: string; readonly address: Address };
  readonly servingTitles: { readonly directory: string; readonly address: Address };
  /** The poem is read from a pipe, which is empty but not at its end. */
  readonly waitingForFile: { readonly file: string };
  /** A poem is being sent to a client. */
  readonly sending: { readonly bytes: number; readonly client: Visit };
  /** A client asked for the list of titles, and gets `titles` of them. */
  readonly listing: { readonly titles: number; readonly client: Visit };
  /** A client asked for an unknown poem, and gets a message that says so. `title` has a bounded length. */
  readonly unknownTitle: { readonly title: string; readonly client: Visit };
  /** A client is reset because the directory or a poem in it could not be read. */
  readonly libraryFailed: { readonly error: LibraryError; readonly client: Visit };
  /** A file that looks like a poem is not served. */
  readonly skipped: { readonly file: string; readonly reason: string };
}
