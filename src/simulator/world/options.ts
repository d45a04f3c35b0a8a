import type { OptionsDocument } from '../scenario/document.ts';

/** The datacenter's options, as they are configured. */
export interface Options {
  all(): OptionsDocument;
  /** A part of an option that has parts, such as `crs`; undefined when it is not set. */
  part(option: string, name: string): string | undefined;
  /** Bytes a second that `bwlimit` allows a migration; 0 for no limit. */
  migrationLimit(): number;
  /** Replaces the options that `changes` names. */
  change(changes: OptionsDocument): void;
}

const KIB = 1024;

export function createOptions(initial: OptionsDocument): Options {
  let options = initial;
  return {
    all: () => options,
    part(option, name) {
      const value = options[option];
      if (typeof value !== 'object' || isList(value)) return undefined;
      const part = value[name];
      if (part === undefined) return undefined;
      return typeof part === 'boolean' ? String(Number(part)) : String(part);
    },
    migrationLimit() {
      const limits = new Map(
        String(options.bwlimit ?? '')
          .split(',')
          .map((each) => each.split('=') as [string, string | undefined]),
      );
      return Number(limits.get('migration') ?? limits.get('default') ?? 0) * KIB;
    },
    change(changes) {
      options = { ...options, ...changes };
    },
  };
}

export function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}
