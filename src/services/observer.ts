/**
 * A method for each event, called when it happens. It must neither throw nor block. A room requires only the events
 * that it reports; the argument is an object that exists anyway, so that reporting allocates nothing.
 */
export type Observer<E> = { readonly [What in keyof E]: (about: E[What]) => void };
