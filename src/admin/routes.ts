import { HttpError, type HttpRequest } from "./request.ts";
import type { HttpAnswer } from "./response.ts";

/** Handlers by path and method. GET also stands for HEAD. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<"GET" | "POST", Handler>>>>>;

/** @throws {HttpError} */
export type Handler = (request: HttpRequest) => HttpAnswer;

/**
 * Finds the handler of a request.
 *
 * @throws {HttpError} 404 or 405
 */
export function handlerFor(routes: Routes, { path, method }: HttpRequest): Handler {
  // hasOwn, because "/constructor" is not one of our paths.
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!methods) throw new HttpError(404, `Nothing here: expected ${Object.keys(routes).join(", ")}`);
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
  throw new HttpError(405, `${method} is not for ${path}: expected ${allowed}`, { Allow: allowed });
}
