/**
 * Whoever watches: a method for each event, told at the moment it happens. It must not throw or wait. A room asks only
 * for the events that it tells; the subject of an event is an object that exists anyway.
 */
export type Observer<E> = { readonly [What in keyof E]: (about: E[What]) => void };
