#include <algorithm>
#include <array>
#include <span>

#include "doubles/sqlserver/exec/backup_runner.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

bool IsDiskAdmin(const Instance& instance, const Session& session) {
  const Security security(instance);
  return security.IsSysadmin(session.login) || security.IsServerMember(session.login, "diskadmin");
}

}  // namespace

Executor::Flow Executor::RunNested(const std::string& sql,
                                   const std::vector<Parameter>& parameters) {
  if (depth_ >= 32) {
    return Fail({217, 16,
                 "Maximum stored procedure, function, trigger, or view nesting level exceeded "
                 "(limit 32)."},
                1);
  }
  Executor inner(engine_, session_, sink_, interruption_);
  inner.depth_ = depth_ + 1;
  return inner.Batch(sql, parameters) ? Flow::kNext : Flow::kAbort;
}

Executor::Flow Executor::RunExec(const ExecStatement& statement, int line) {
  std::vector<TypedValue> values;
  {
    lock_ = std::unique_lock(engine_.instance().mutex());
    engine_.functions().Enter(&session_);
    SqlError problem;
    const auto evaluate = [&](const Expr& expr) {
      QueryCompiler compiler(*this);
      SqlResult<TypedValue> value = compiler.Evaluate(expr);
      if (!value) problem = value.error();
      return value ? std::move(*value) : TypedValue{};
    };
    if (statement.text) values.push_back(evaluate(*statement.text));
    for (const ExecArgument& argument : statement.arguments) {
      values.push_back(evaluate(*argument.value));
    }
    lock_.unlock();
    if (problem.number != 0) return Fail(problem, line);
  }
  if (statement.text) return RunNested(ToText(values[0].value, values[0].type), {});
  const std::string& name = statement.procedure.name();
  const bool adds = SameName(name, "sp_addumpdevice");
  if (adds || SameName(name, "sp_dropdevice")) {
    static constexpr std::array<std::string_view, 3> kOfAdd{"@devtype", "@logicalname",
                                                            "@physname"};
    static constexpr std::array<std::string_view, 2> kOfDrop{"@logicalname", "@delfile"};
    const std::span<const std::string_view> known =
        adds ? std::span<const std::string_view>(kOfAdd) : kOfDrop;
    std::vector<std::string> given(known.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string& argument = statement.arguments[i].name;
      std::size_t at = i;
      if (!argument.empty()) {
        at = static_cast<std::size_t>(
            std::find_if(known.begin(), known.end(),
                         [&](std::string_view one) { return SameName(one, argument); }) -
            known.begin());
      }
      if (at >= known.size()) {
        return Fail(
            {8144, 16, "Procedure or function " + name + " has too many arguments specified."},
            line);
      }
      given[at] = ToText(values[i].value, values[i].type);
    }
    const std::scoped_lock lock(engine_.instance().mutex());
    const SqlResult<void> outcome =
        Work([&] { return adds ? AddDevice(given) : DropDevice(given); });
    if (!outcome) return Fail(outcome.error(), line);
    sink_.Done({});
    return Flow::kNext;
  }
  if (!SameName(name, "sp_executesql") || values.empty()) {
    return Fail(
        {2812, 16, "Could not find stored procedure '" + statement.procedure.ToString() + "'."},
        line);
  }
  std::vector<Parameter> parameters;
  if (values.size() > 1) {
    SqlResult<std::vector<Declaration>> declared =
        ParseParameterList(ToText(values[1].value, values[1].type));
    if (!declared) return Fail(declared.error(), line);
    for (std::size_t i = 0; i < declared->size(); ++i) {
      Parameter parameter{(*declared)[i].name, {(*declared)[i].type, {}}};
      for (std::size_t j = 2; j < values.size(); ++j) {
        const std::string& given = statement.arguments[j].name;
        if (given.empty() ? j == i + 2 : SameName(given, parameter.name)) {
          SqlResult<Value> value = Convert(values[j].value, values[j].type, parameter.value.type);
          if (!value) return Fail(value.error(), line);
          parameter.value.value = *value;
        }
      }
      parameters.push_back(std::move(parameter));
    }
  }
  return RunNested(ToText(values[0].value, values[0].type), parameters);
}

SqlResult<void> Executor::AddDevice(const std::vector<std::string>& arguments) {
  Instance& instance = engine_.instance();
  if (!IsDiskAdmin(instance, session_)) return NoPermission();
  const std::string& name = arguments[1];
  if (!SameName(arguments[0], "disk") || name.empty() || arguments[2].empty()) {
    return NotSupportedHere("sp_addumpdevice but for a disk");
  }
  std::vector<LogicalDevice>& devices = instance.MutableServer().backup_devices;
  for (const LogicalDevice& device : devices) {
    if (SameName(device.name, name)) {
      return SqlError{15026, 16, "Logical device '" + name + "' already exists."};
    }
  }
  devices.push_back({name, arguments[2]});
  return {};
}

SqlResult<void> Executor::DropDevice(const std::vector<std::string>& arguments) {
  Instance& instance = engine_.instance();
  if (!IsDiskAdmin(instance, session_)) return NoPermission();
  std::vector<LogicalDevice>& devices = instance.MutableServer().backup_devices;
  const auto device = std::find_if(devices.begin(), devices.end(), [&](const LogicalDevice& one) {
    return SameName(one.name, arguments[0]);
  });
  if (device == devices.end()) {
    return SqlError{15012, 16,
                    "The device '" + arguments[0] +
                        "' does not exist. Use sys.backup_devices to show available devices."};
  }
  if (SameName(arguments[1], "DELFILE")) RemoveDataFile(device->path);
  devices.erase(device);
  return {};
}

Executor::OutcomeOr Executor::Execute(const BackupStatement& statement) {
  QueryCompiler compiler(*this);
  BackupRunner runner({engine_, session_, sink_, interruption_, lock_},
                      [&](const Expr& expr) { return compiler.Evaluate(expr); });
  DBSTOW_TRY(runner.Run(statement));
  return Outcome{};
}

Executor::OutcomeOr Executor::Execute(const RestoreStatement& statement) {
  QueryCompiler compiler(*this);
  RestoreRunner runner({engine_, session_, sink_, interruption_, lock_},
                       [&](const Expr& expr) { return compiler.Evaluate(expr); });
  DBSTOW_ASSIGN(std::optional<RestoreReport> report, runner.Run(statement));
  Outcome outcome;
  if (report) {
    outcome.completion = {0, true, report->rows.size(), false};
    outcome.columns = std::move(report->columns);
    outcome.rows = std::move(report->rows);
    outcome.has_rows = true;
  }
  return outcome;
}

}  // namespace dbstow::doubles::sqlserver
