#include "doubles/sqlserver/exec/backup_runner.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

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
