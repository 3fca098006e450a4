#include "cli/run.h"

#include <algorithm>
#include <map>

#include "cli/commands.h"

namespace dbstow::cli {
namespace {

using Command = Result<OperationResult> (*)(Session&);

Command FindCommand(const std::string& name) {
  const std::map<std::string, Command> commands = {
      {"backup", RunBackup},
      {"restore", RunRestore},
      {"clone", RunClone},
      {"compare", RunCompare},
      {"backups", RunBackups},
      {"show", RunShow},
      {"verify", RunVerify},
      {"export", RunExport},
      {"prune", RunPrune},
      {"init", RunInit},
      {"key list", RunKeyList},
      {"key add", RunKeyAdd},
      {"key remove", RunKeyRemove},
      {"key rotate", RunKeyRotate},
      {"instances", RunInstances},
      {"inspect", RunInspect},
      {"engines", RunEngines},
      {"doctor", RunDoctor},
      {"audit verify", RunAuditVerify},
      {"config lint", RunConfigLint},
      {"config schema", RunConfigSchema},
      {"completion", RunCompletion},
      {"help", RunHelp},
      {"complete-names", RunCompleteNames},
  };
  const auto found = commands.find(name);
  return found == commands.end() ? nullptr : found->second;
}

OperationResult ResultOf(const Error& error, const std::string& operation) {
  OperationResult result = Failed(error);
  result.details["operation"] = operation;
  return result;
}

Result<OperationResult> RunCommand(const Arguments& arguments, Surroundings& surroundings) {
  const Command command = FindCommand(arguments.command);
  if (command == nullptr) {
    return Error(ErrorCode::kInternal, "command '" + arguments.command + "' is not wired");
  }
  Session session(arguments, surroundings);
  return command(session);
}

}  // namespace

bool WantsJson(const std::vector<std::string>& words) {
  return std::ranges::find(words, "--json") != words.end();
}

int Run(const std::vector<std::string>& words, Surroundings& surroundings) {
  const auto parsed = ParseArguments(words);
  if (!parsed) return surroundings.output.Finish(ResultOf(parsed.error(), "usage"));
  if (!parsed->arguments) {
    surroundings.output.Text(parsed->text);
    return surroundings.output.Finish(Done("", {{"operation", "help"}}));
  }
  const std::string& command = parsed->arguments->command;
  auto result = RunCommand(*parsed->arguments, surroundings);
  if (!result) return surroundings.output.Finish(ResultOf(result.error(), command));
  result->details.emplace("operation", command);
  return surroundings.output.Finish(*result);
}

}  // namespace dbstow::cli
