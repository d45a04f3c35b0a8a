/** An answer other than 200. `message` is the body's text; the status line carries its first line. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** `None`: no body at all; `Text`: plain text without a type, as below the API layer; else JSON. */
  readonly body: 'Json' | 'Text' | 'None';
  readonly errors: Readonly<Record<string, string>> | undefined;
  /** How late it is answered, in simulated time. */
  readonly delayMs: number;

  constructor(
    status: number,
    message: string,
    options: {
      readonly body?: 'Json' | 'Text' | 'None';
      readonly errors?: Readonly<Record<string, string>>;
      readonly delayMs?: number;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.body = options.body ?? 'Json';
    this.errors = options.errors;
    this.delayMs = options.delayMs ?? 0;
  }
}

export function parameterError(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, 'Parameter verification failed.\n', { errors });
}

export function permissionError(path: string, anyOf: readonly string[]): ApiError {
  return new ApiError(403, `Permission check failed (${path}, ${anyOf.join('|')})\n`);
}

/** What a method dies with (docs/proxmox-api.md §3.3). */
export function serverError(text: string): ApiError {
  return new ApiError(500, `${text}\n`);
}
