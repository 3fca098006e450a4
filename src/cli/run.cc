#include "cli/run.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "app/environment.h"
#include "app/system_ports.h"
#include "cli/commands.h"
#include "dbstow/core/redaction.h"

namespace dbstow::cli {
namespace {

struct Command {
  enum class Effect { kChanges, kLooks };
  Result<OperationResult> (*run)(Session&);
  Effect effect = Effect::kChanges;
};

std::optional<Command> FindCommand(const std::string& name) {
  constexpr Command::Effect kLooks = Command::Effect::kLooks;
  const std::map<std::string, Command> commands = {
      {"backup", {RunBackup}},
      {"restore", {RunRestore}},
      {"clone", {RunClone}},
      {"compare", {RunCompare, kLooks}},
      {"backups", {RunBackups, kLooks}},
      {"show", {RunShow, kLooks}},
      {"verify", {RunVerify}},
      {"export", {RunExport}},
      {"prune", {RunPrune}},
      {"init", {RunInit}},
      {"key list", {RunKeyList, kLooks}},
      {"key add", {RunKeyAdd}},
      {"key remove", {RunKeyRemove}},
      {"key rotate", {RunKeyRotate}},
      {"instances", {RunInstances, kLooks}},
      {"inspect", {RunInspect, kLooks}},
      {"engines", {RunEngines, kLooks}},
      {"doctor", {RunDoctor, kLooks}},
      {"audit verify", {RunAuditVerify, kLooks}},
      {"config lint", {RunConfigLint, kLooks}},
      {"config schema", {RunConfigSchema, kLooks}},
      {"completion", {RunCompletion, kLooks}},
      {"help", {RunHelp, kLooks}},
      {"complete-names", {RunCompleteNames, kLooks}},
  };
  const auto found = commands.find(name);
  return found == commands.end() ? std::nullopt : std::optional(found->second);
}

/// Not every step of a command that looks can stop in its middle. Whoever stopped it or set a limit
/// goes by the exit status; what changed something is told as it ended.
Result<OperationResult> InTime(Result<OperationResult> outcome, const Session& session,
                               Clock& clock) {
  const Error* failure = !outcome ? &outcome.error() : outcome->error ? &*outcome->error : nullptr;
  if (failure != nullptr &&
      (failure->code() == ErrorCode::kCancelled || failure->code() == ErrorCode::kTimeout)) {
    return outcome;  // with more to say than is known here
  }
  const std::string& command = session.arguments().command;
  if (session.stop().stop_requested()) {
    return Error(ErrorCode::kCancelled, "stopped on request before '" + command + "' was done");
  }
  if (session.deadline().Passed(clock)) {
    return Error(ErrorCode::kTimeout, "the time was up before '" + command + "' was done");
  }
  return outcome;
}

/// Memory that ran out, and what a library throws, end as any other failure.
Result<OperationResult> Guarded(const std::function<Result<OperationResult>()>& run) {
  try {
    return run();
  } catch (...) {
    return CaughtError();
  }
}

Result<OperationResult> RunCommand(const Arguments& arguments, Surroundings& surroundings,
                                   const TraceId& trace, Clock& clock) {
  const std::optional<Command> command = FindCommand(arguments.command);
  if (!command) {
    return Error(ErrorCode::kInternal, "command '" + arguments.command + "' is not wired");
  }
  const Deadline deadline =
      arguments.timeout ? Deadline::After(clock, *arguments.timeout) : Deadline::Never();
  Session session(arguments, surroundings, trace, deadline);
  auto outcome = Guarded([&] { return command->run(session); });
  if (command->effect == Command::Effect::kChanges) return outcome;
  return InTime(std::move(outcome), session, clock);
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
  // Who gives a malformed one is somebody else than who gives the command.
  const Result<TraceId> caller = app::TraceOfCaller(*ports.random);
  const TraceId trace = caller ? *caller : TraceId::Generate(*ports.random);
  const auto parsed = ParseArguments(words);
  if (!parsed) return Finish(output, trace, "usage", parsed.error());
  if (!parsed->arguments) {
    output.Text(parsed->text);
    return Finish(output, trace, "help", Done(""));
  }
  const std::string& command = parsed->arguments->command;
  auto outcome = RunCommand(*parsed->arguments, surroundings, trace, *ports.clock);
  if (!caller) {
    if (!outcome) outcome = Failed(outcome.error());
    outcome->warnings.push_back("a new trace was begun: " + caller.error().message());
  }
  return Finish(output, trace, command, std::move(outcome));
}

}  // namespace dbstow::cli
