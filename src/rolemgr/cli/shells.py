"""The scripts of the shells that make them ask for completions, and how their questions are read."""

import os
from typing import ClassVar

from click.shell_completion import BashComplete, CompletionItem, FishComplete, add_completion_class, split_arg_string

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeWords(BashComplete):
    """
    Completion in bash of values with ``=`` and ``:`` in them, which bash takes for the ends of words.

    What is asked about is the whole line, and of an answer bash gets what stands behind the last of the two.
    """

    source_template: ClassVar[str] = _BASH
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words of the line up to the cursor, and the one that is not complete."""
        if "COMP_LINE" not in os.environ:  # a script that an older rolemgr wrote
            return super().get_completion_args()
        line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode(errors="ignore")
        words = split_arg_string(line)[1:]
        last = "" if not words or line[-1:].isspace() else words.pop()
        value = last.partition("=")[2] if last.startswith("-") else last
        self._before = value[: max(value.rfind("="), value.rfind(":")) + 1]
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """Return *item* as the script reads it, without what bash takes for words before it."""
        return f"{item.type},{str(item.value).removeprefix(self._before)}"


_FISH = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \\
        COMP_CWORD=(commandline -t) %(prog_name)s)
    for completion in $response
        set -l found (string split --max 1 "," $completion)
        switch $found[1]
            case dir
                __fish_complete_directories $found[2]
            case file
                __fish_complete_path $found[2]
            case plain
                echo $found[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class WithCommas(FishComplete):
    """Completion in fish of values with commas in them, which click's script cuts."""

    source_template: ClassVar[str] = _FISH


def register() -> None:
    """Have bash and fish answered by the classes here."""
    add_completion_class(WholeWords, "bash")
    add_completion_class(WithCommas, "fish")
