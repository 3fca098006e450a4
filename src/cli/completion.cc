#include "cli/completion.h"

#include <vector>

#include "cli/arguments.h"

namespace dbstow::cli {
namespace {

using Commands = std::vector<CommandDescription>;

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The words that may follow `name` as a command.
std::string CommandsUnder(const Commands& commands, const std::string& name) {
  const std::string prefix = name.empty() ? "" : name + " ";
  std::vector<std::string> words;
  for (const CommandDescription& each : commands) {
    if (each.name.empty() || !each.name.starts_with(prefix)) continue;
    const std::string rest = each.name.substr(prefix.size());
    if (!rest.empty() && rest.find(' ') == std::string::npos) words.push_back(rest);
  }
  return Joined(words);
}

// The command so far is what stands before the cursor, without flags; the longest known beginning
// of it decides.
std::string BashScript(const Commands& commands) {
  std::string with_value;
  for (const std::string& option : OptionsWithValue()) {
    with_value += (with_value.empty() ? "" : "|") + option;
  }
  std::string cases;
  for (const CommandDescription& each : commands) {
    const std::string under = CommandsUnder(commands, each.name);
    cases += "    \"" + each.name + "\") words=\"" + Joined(each.options) +
             (each.name.empty() ? "" : " " + Joined(commands.front().options)) + " " + under +
             "\"; names=" + (under.empty() ? "1" : "") + " ;;\n";
  }
  return "_dbstow() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" command=\"\" word words names value=\"\"\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    if [ -n \"$value\" ]; then value=\"\"; continue; fi\n"
         "    case \"$word\" in\n"
         "    " +
         with_value +
         ") value=1 ;;\n"
         "    -*) ;;\n"
         "    *) command=\"${command:+$command }$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  while :; do\n"
         "    case \"$command\" in\n" +
         cases +
         "    *\" \"*) command=\"${command% *}\"; continue ;;\n"
         "    *) command=\"\"; continue ;;\n"
         "    esac\n"
         "    break\n"
         "  done\n"
         "  [ -z \"$names\" ] || words=\"$words $(dbstow complete-names 2>/dev/null)\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _dbstow dbstow\n";
}

std::string FishQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string FishScript(const Commands& commands) {
  std::string script =
      "complete -c dbstow -n 'not __fish_use_subcommand' -f "
      "-a '(dbstow complete-names 2>/dev/null)'\n";
  for (const CommandDescription& each : commands) {
    const std::size_t space = each.name.find(' ');
    const std::string condition =
        each.name.empty() ? ""
                          : " -n '__fish_seen_subcommand_from " + each.name.substr(0, space) + "'";
    for (const std::string& option : each.options) {
      script += "complete -c dbstow" + condition + " -l " + option.substr(2) + "\n";
    }
    if (each.name.empty()) continue;
    const bool nested = space != std::string::npos;
    script += std::string("complete -c dbstow -f -n '") +
              (nested ? "__fish_seen_subcommand_from " + each.name.substr(0, space)
                      : "__fish_use_subcommand") +
              "' -a " + each.name.substr(nested ? space + 1 : 0) + " -d " + FishQuoted(each.help) +
              "\n";
  }
  return script;
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell) {
  const Commands commands = DescribeCommands();
  if (shell == "bash") return "# source <(dbstow completion bash)\n" + BashScript(commands);
  if (shell == "zsh") {
    return "#compdef dbstow\n# source <(dbstow completion zsh)\n"
           "autoload -U +X bashcompinit && bashcompinit\n" +
           BashScript(commands);
  }
  if (shell == "fish") return "# dbstow completion fish | source\n" + FishScript(commands);
  return UnknownWord("shell", shell, {"bash", "zsh", "fish"});
}

}  // namespace dbstow::cli
