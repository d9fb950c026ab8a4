import { HttpError, type HttpRequest } from "./request.ts";
import type { HttpAnswer } from "./response.ts";

/** Handlers by path and method. GET also handles HEAD. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Handler>>>>>;

/** Answers a request. @throws {HttpError} */
export type Handler = (request: HttpRequest) => HttpAnswer;

/**
 * Finds the handler of a request.
 *
 * @throws {HttpError} 404 or 405
 */
export function handlerFor(routes: Routes, { path, method }: HttpRequest): Handler {
  // hasOwn, so that "constructor" and other inherited names are not paths.
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!methods) throw new HttpError(404, `Not found: expected ${Object.keys(routes).join(", ")}`);
  const handler =
    method === "HEAD"
      ? methods.GET
      : method === "POST"
        ? methods.POST
        : method === "GET"
          ? methods.GET
          : undefined;
  if (handler) return handler;
  const allowed = Object.keys(methods).join(", ");
  throw new HttpError(405, `${method} is not allowed for ${path}: expected ${allowed}`, { Allow: allowed });
}
