# SPDX-License-Identifier: MIT
# Owns: completion of imgbench for fish; installed in fish/vendor_completions.d.
# It knows no command and no option: it asks imgbench for its help, once in a session.

function __imgbench_command_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
end

# True behind `imgbench run`, when the command that is run has begun: a word that is no option, or --.
function __imgbench_behind_command
    set -l words (commandline -opc)
    test (count $words) -ge 3; and string match -qrv -- '^-.+=|^--?[a-z]' $words[3..-1]
end

function __imgbench_commands
    imgbench --help 2>/dev/null | awk '/^Commands:/ { on = 1 } on && /^  [a-z]/ { name = $1 }
        /^      / && name { sub(/^ +/, ""); print name "\t" $0; name = "" }'
    printf 'help\tlist the commands, or explain one\n'
end

function __imgbench_options
    ARGP_HELP_FMT=rmargin=500 imgbench help $argv[1] 2>/dev/null | awk '/^ +(-., )?--/ {
        sub(/^ +(-., +)?/, ""); text = $0; sub(/^[^ ]* */, "", text); sub(/ .*/, "")
        option = argument = $0; sub(/\[?=.*/, "", option); sub(/^--/, "", option)
        sub(/^[^=[]*/, "", argument); sub(/=/, "", argument)
        print option "\t" argument "\t" text }'
end

complete -c imgbench -f
complete -c imgbench -n __fish_use_subcommand -a '(__imgbench_commands)'
complete -c imgbench -n __fish_use_subcommand -l help -s h -d 'List the commands'
complete -c imgbench -n __fish_use_subcommand -l version -s V -d 'Print the version'
complete -c imgbench -n '__imgbench_command_is help' -a '(__imgbench_commands)'

for __imgbench_line in (__imgbench_commands)
    set -l name (string split \t -- $__imgbench_line)[1]
    test $name = help; and continue
    set -l is "__imgbench_command_is $name"
    set -l operands (ARGP_HELP_FMT=rmargin=500 imgbench help $name 2>/dev/null | string replace -rf '^Usage: .*\[OPTION\.\.\.\]' '')
    switch "$operands[1]"
        case '*[--]*' # a command with its arguments
            complete -c imgbench -n "$is" -x -a '(__fish_complete_subcommand --fcs-skip=2)'
            set is "$is; and not __imgbench_behind_command"
        case '*CMD*'
            complete -c imgbench -n "$is" -a '(__fish_complete_command)'
        case '*OLD*'
            complete -c imgbench -n "$is" -a '(__fish_complete_directories; __fish_complete_suffix .json)'
        case '*TRACE*'
            complete -c imgbench -n "$is" -a '(__fish_complete_directories)'
    end
    for line in (__imgbench_options $name)
        set -l parts (string split \t -- $line)
        set -l takes
        switch "$parts[2]"
            case ''
            case '*FILE*'
                set takes -r -F
            case '*DIR*'
                set takes -x -a '(__fish_complete_directories)'
            case '*LIST*'
                set takes -x -a '(__fish_append , libc jemalloc tcmalloc mimalloc)'
            case '*'
                set takes -x
        end
        # An optional argument needs the "=", so that what follows a blank is an operand.
        string match -q '[*' -- "$parts[2]"; and set takes
        complete -c imgbench -n "$is" -l $parts[1] $takes -d "$parts[3]"
    end
end
set -e __imgbench_line
