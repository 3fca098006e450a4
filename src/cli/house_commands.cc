#include <algorithm>

#include "app/configuration_specs.h"
#include "app/doctor.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/error_text.h"
#include "cli/look_operations.h"
#include "dbstow/core/redaction.h"

namespace dbstow::cli {
namespace {

std::string PlaceOf(const ConnectionInfo& connection) {
  std::string place = connection.host;
  if (connection.port != 0) place += ":" + std::to_string(connection.port);
  if (!place.empty() && !connection.database.starts_with('/')) place += "/";
  return place + connection.database;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<Fields> CapabilityRows(const CapabilitySet& capabilities) {
  std::vector<Fields> rows;
  for (const auto& [name, capability] : capabilities) {
    rows.push_back({{"capability", name},
                    {"available", capability.available ? "yes" : "no"},
                    {"reason", capability.reason},
                    {"remedy", capability.remedy}});
  }
  return rows;
}

void AddOptionRows(std::vector<Fields>& rows, const std::string& use,
                   const std::vector<OptionSpec>& specs) {
  for (const OptionSpec& spec : specs) {
    rows.push_back({{"use", use},
                    {"key", spec.key},
                    {"default", spec.default_value},
                    {"choices", Joined(spec.choices)},
                    {"help", spec.help}});
  }
}

Result<OperationResult> DescribeEngine(Session& session, const EngineDescriptor& engine) {
  session.output().Describe("engine", {{"engine", engine.engine.id()},
                                       {"name", engine.display_name},
                                       {"default_port", std::to_string(engine.default_port)}});
  session.output().List("capability", CapabilityRows(engine.capabilities));
  std::vector<Fields> rows;
  AddOptionRows(rows, "property", engine.properties);
  AddOptionRows(rows, "backup --set", engine.backup_extra);
  AddOptionRows(rows, "restore --map", engine.restore_mapping);
  AddOptionRows(rows, "clone --set", engine.clone_extra);
  session.output().List("option", rows);
  return Done("", {{"operation", "engines"}});
}

}  // namespace

Result<OperationResult> RunInstances(Session& session) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  const app::Configuration& configuration = application->configuration();
  std::vector<Fields> rows;
  const std::string& tag = session.arguments().word;
  for (const app::InstanceEntry& entry : configuration.instances) {
    if (!tag.empty() && std::ranges::find(entry.tags, tag) == entry.tags.end()) continue;
    rows.push_back({{"instance", entry.name},
                    {"engine", entry.engine},
                    {"place", PlaceOf(entry.connection)},
                    {"tags", Joined(entry.tags)}});
  }
  session.output().List("instance", rows);
  if (configuration.file.empty()) {
    session.output().Note("there is no configuration file: name instances by URI, or write one");
  }
  const std::string where =
      configuration.file.empty() ? "" : " configured in " + configuration.file;
  return Done(std::to_string(rows.size()) + (tag.empty() ? "" : " tagged '" + tag + "'") +
                  (configuration.file.empty() ? " instances" : where),
              {{"operation", "instances"}, {"count", std::to_string(rows.size())}});
}

Result<OperationResult> RunInspect(Session& session) {
  DBSTOW_ASSIGN(auto instance, session.OpenInstance(session.arguments().instance));
  InspectOperation operation;
  DBSTOW_ASSIGN(OperationResult result, session.Execute(operation, *instance, nullptr));
  if (!result.success && !operation.was_looked_at()) return result;
  const InstanceState state = instance->state();
  Fields fields = {{"instance", instance->name()},
                   {"engine", instance->engine().id()},
                   {"version", state.version}};
  fields.insert(fields.end(), state.attributes.begin(), state.attributes.end());
  session.output().Describe("instance", fields);
  session.output().List("capability", CapabilityRows(state.capabilities));
  if (result.error) std::erase(result.warnings, result.message);  // it is said as the error
  return result;
}

Result<OperationResult> RunEngines(Session& session) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  if (const std::string& name = session.arguments().word; !name.empty()) {
    DBSTOW_ASSIGN(const DatabaseEngine engine, DatabaseEngine::Create(name));
    DBSTOW_ASSIGN(const EngineDescriptor* descriptor, application->engines().Find(engine));
    return DescribeEngine(session, *descriptor);
  }
  std::vector<Fields> rows;
  for (const EngineDescriptor* engine : application->engines().List()) {
    std::vector<std::string> verbs;
    for (const auto& [name, capability] : engine->capabilities) {
      if (capability.available && name.find('.') == std::string::npos) verbs.push_back(name);
    }
    rows.push_back({{"engine", engine->engine.id()},
                    {"name", engine->display_name},
                    {"capabilities", Joined(verbs)}});
  }
  session.output().List("engine", rows);
  return Done("", {{"operation", "engines"}, {"count", std::to_string(rows.size())}});
}

Result<OperationResult> RunDoctor(Session& session) {
  app::DoctorRequest request;
  request.instance = session.arguments().instance;
  request.deadline = session.deadline();
  request.stop = session.stop();
  auto application = session.Application();
  DBSTOW_ASSIGN(request.repository, session.Address());
  const std::vector<app::Finding> findings =
      application ? app::Examine(**application, request)
                  : std::vector<app::Finding>{app::FindingOf("configuration", application.error())};
  std::vector<Fields> rows;
  std::size_t failed = 0;
  std::size_t warned = 0;
  for (const app::Finding& finding : findings) {
    rows.push_back({{"state", std::string(ToString(finding.state))},
                    {"check", WithoutPasswords(finding.check)},
                    {"finding", finding.text},
                    {"next", finding.next}});
    failed += finding.state == app::Finding::State::kFail ? 1 : 0;
    warned += finding.state == app::Finding::State::kWarn ? 1 : 0;
  }
  session.output().List("check", rows);
  StringMap details = {{"operation", "doctor"},
                       {"checks", std::to_string(findings.size())},
                       {"warnings", std::to_string(warned)},
                       {"failures", std::to_string(failed)}};
  if (failed == 0) {
    return Done("nothing is broken; " + std::to_string(warned) + " warnings", std::move(details));
  }
  OperationResult result = Done("", std::move(details));
  result.success = false;
  const auto first = std::ranges::find(findings, app::Finding::State::kFail, &app::Finding::state);
  result.error =
      Error(first->code,
            std::to_string(failed) + " checks failed, first: " + first->check + ": " + first->text)
          .WithHint(first->next);
  result.message = result.error->message();
  return result;
}

Result<OperationResult> RunAuditVerify(Session& session) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  std::optional<observability::AuditAnchor> anchor;
  if (const std::string& text = session.arguments().word; !text.empty()) {
    DBSTOW_ASSIGN(anchor, observability::AuditAnchor::Parse(text));
  }
  DBSTOW_ASSIGN(const observability::AuditReport report,
                application->VerifyAudit(anchor, session.deadline(), session.stop()));
  for (const auto& problem : report.problems) {
    session.output().Describe("problem",
                              {{"line", std::to_string(problem.line)}, {"problem", problem.text}});
  }
  const std::string newest = report.newest ? report.newest->ToString() : "";
  OperationResult result = Done("the audit log is whole: " + std::to_string(report.records) +
                                    " records; keep its anchor elsewhere",
                                {{"operation", "audit verify"},
                                 {"records", std::to_string(report.records)},
                                 {"problems", std::to_string(report.problems.size())},
                                 {"anchor", newest}});
  result.warnings = report.notes;
  session.output().Datum(newest);
  if (report.intact()) return result;
  result.success = false;
  result.error = Error(ErrorCode::kVerificationFailed,
                       "the audit log was changed: " + report.problems.front().text)
                     .WithHint("find out who could write to it; keep a copy as it is now");
  result.message = result.error->message();
  return result;
}

Result<OperationResult> RunConfigLint(Session& session) {
  DBSTOW_ASSIGN(const app::LintReport report,
                app::LintConfiguration(session.arguments().config_file));
  const std::vector<Error>& problems = report.problems;
  for (const Error& problem : problems) {
    session.output().Describe("problem",
                              {{"problem", problem.message()}, {"next", problem.hint()}});
  }
  OperationResult result = Done("the configuration is good", {{"operation", "config lint"}});
  for (const Error& warning : report.warnings) {
    result.warnings.push_back("here, " + warning.message() + " (" + warning.hint() + ")");
  }
  if (problems.empty()) return result;
  result.message.clear();
  result.success = false;
  result.details["problems"] = std::to_string(problems.size());
  result.error = problems.front();
  return result;
}

Result<OperationResult> RunConfigSchema(Session& session) {
  session.output().Text(app::ConfigurationSchema());
  return Done("");
}

Result<OperationResult> RunCompletion(Session& session) {
  DBSTOW_ASSIGN(const std::string script, CompletionScript(session.arguments().word));
  session.output().Text(script);
  return Done("");
}

Result<OperationResult> RunHelp(Session& session) {
  const std::string& topic = session.arguments().word;
  if (const auto code = ErrorCodeFromName(topic)) {
    session.output().Text(ErrorPage(*code));
    return Done("");
  }
  const std::vector<CommandDescription> commands = DescribeCommands();
  // The whole program has the empty name.
  const bool known = std::ranges::any_of(
      commands, [&](const CommandDescription& each) { return each.name == topic; });
  std::vector<std::string> words = {"--help"};
  if (!topic.empty()) words.insert(words.begin(), topic);
  const auto help = ParseArguments(words);
  if (!help || !known) {
    return Error(ErrorCode::kInvalidOptions,
                 "'" + topic + "' is neither a command nor an error code")
        .WithHint("dbstow --help lists the commands");
  }
  session.output().Text(help->text);
  return Done("");
}

Result<OperationResult> RunCompleteNames(Session& session) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  for (const app::InstanceEntry& entry : application->configuration().instances) {
    session.output().Datum(entry.name);
  }
  return Done("");
}

}  // namespace dbstow::cli
