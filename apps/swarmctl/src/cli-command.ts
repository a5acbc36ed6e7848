import { Command } from 'commander';
import { isCode } from '#common/errors';
import { plainFlagForms } from './flags/flag-forms';

/** A command that reads its flags in all the spellings that docker's command line takes. */
export class CliCommand extends Command {
  private wordsBelongToContainer = false;

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  /** Ends the flags at the first word that is none: what follows the image is the container's command. */
  passWordsToContainer(): this {
    this.wordsBelongToContainer = true;
    return this.passThroughOptions();
  }

  override parseOptions(words: string[]): ReturnType<Command['parseOptions']> {
    return super.parseOptions(this.toPlainForms(words));
  }

  private toPlainForms(words: string[]): string[] {
    const stopAtWord = this.wordsBelongToContainer || this.commands.length > 0;
    try {
      return plainFlagForms(words, this.options, stopAtWord);
    } catch (error) {
      if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
      return this.error(`error: ${error.message}`);
    }
  }
}
