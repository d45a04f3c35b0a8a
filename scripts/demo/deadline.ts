/** Does `work` with a signal that is aborted once it takes too long; `what` is then the case. */
export async function withDeadline<T>(
  milliseconds: number,
  what: string,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`${what} after ${milliseconds / 1000} s.`)),
    milliseconds,
  );
  try {
    return await work(late.signal);
  } finally {
    clearTimeout(timer);
  }
}
