import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf, OperatorError } from '../lib/errors.ts';

/** `parseArgs` of Node, with what is wrong with the arguments as an error of the catalogue (`Usage`). */
export function parseArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new OperatorError('Usage', messageOf(error), { cause: error });
  }
}
