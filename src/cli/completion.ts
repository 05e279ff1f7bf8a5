import { InputError } from '../exact/index.ts';
import type { Define } from './command.ts';

/** Options are read from the commands' own help when they are asked for, so that this script never grows old. */
const BASH = (names: string): string => `_dyadnet() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" IFS=$'\\n '
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
  elif [ "\${cur#-}" != "$cur" ]; then
    COMPREPLY=($(compgen -W "$(dyadnet "\${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '(^|[ ,])--[a-z-]+' | tr -d ' ,' | sort -u)" -- "$cur"))
  else
    IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _dyadnet dyadnet
`;

const FISH = (names: string): string => `complete -c dyadnet -n __fish_use_subcommand -f -a "${names}"
function __dyadnet_options
  dyadnet (commandline -opc)[2] --help 2>/dev/null | string match -ra -- '--[a-z-]+' | sort -u
end
complete -c dyadnet -n 'not __fish_use_subcommand' -a '(__dyadnet_options)'
`;

const SHELLS: Readonly<Record<string, (names: string) => string>> = {
  bash: BASH,
  zsh: (names) => `autoload -U +X bashcompinit && bashcompinit\n${BASH(names)}`,
  fish: FISH,
};

/** `dyadnet completion`: a script that completes commands, options and file names. */
export const defineCompletion: Define = (command, done) => {
  command
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      '\nAdd it to the shell\'s start-up file, such as eval "$(dyadnet completion bash)".\n\nExample:\n  dyadnet completion bash\n',
    )
    .action((shell: string) => {
      const script = SHELLS[shell];
      if (!script) throw new InputError(`completion: expected bash, zsh or fish, got ${JSON.stringify(shell)}`);
      process.stdout.write(script((command.parent?.commands ?? []).map((c) => c.name()).join(' ')));
      done(0);
    });
};
