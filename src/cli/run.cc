#include "cli/run.h"

#include <algorithm>
#include <map>

#include "app/environment.h"
#include "app/system_ports.h"
#include "cli/commands.h"
#include "dbstow/core/redaction.h"

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

Result<OperationResult> RunCommand(const Arguments& arguments, Surroundings& surroundings,
                                   const TraceId& trace) {
  const Command command = FindCommand(arguments.command);
  if (command == nullptr) {
    return Error(ErrorCode::kInternal, "command '" + arguments.command + "' is not wired");
  }
  Session session(arguments, surroundings, trace);
  return command(session);
}

/// The last line of every run, whatever it came to, under the one trace that the run has.
int Finish(Output& output, const TraceId& trace, const std::string& operation,
           Result<OperationResult> outcome) {
  OperationResult result = outcome ? std::move(*outcome) : Failed(outcome.error());
  result.message = WithoutPasswords(std::move(result.message));
  result.details.emplace("operation", operation);
  result.details.emplace("correlation_id", trace.hex());
  return output.Finish(result);
}

}  // namespace

bool WantsJson(const std::vector<std::string>& words) {
  return std::ranges::find(words, "--json") != words.end();
}

int Run(const std::vector<std::string>& words, Surroundings& surroundings) {
  Output& output = surroundings.output;
  const app::SystemPorts ports;
  const Result<TraceId> caller = app::TraceOfCaller(*ports.random);
  const TraceId trace = caller ? *caller : TraceId::Generate(*ports.random);
  const auto parsed = ParseArguments(words);
  if (!parsed) return Finish(output, trace, "usage", parsed.error());
  if (!parsed->arguments) {
    output.Text(parsed->text);
    return Finish(output, trace, "help", Done(""));
  }
  const std::string& command = parsed->arguments->command;
  if (!caller) return Finish(output, trace, command, caller.error());
  return Finish(output, trace, command, RunCommand(*parsed->arguments, surroundings, trace));
}

}  // namespace dbstow::cli
