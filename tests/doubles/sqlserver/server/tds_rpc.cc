#include "doubles/sqlserver/server/tds_connection.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string TextOf(const RpcParameter& parameter) {
  return ToText(parameter.value, parameter.type);
}

int HandleOf(const RpcParameter& parameter) {
  const auto* number = std::get_if<std::int64_t>(&parameter.value);
  return number == nullptr ? 0 : static_cast<int>(*number);
}

std::vector<RpcParameter> From(const std::vector<RpcParameter>& all, std::size_t first) {
  return first < all.size() ? std::vector<RpcParameter>(
                                  all.begin() + static_cast<std::ptrdiff_t>(first), all.end())
                            : std::vector<RpcParameter>();
}

}  // namespace

Result<void> TdsConnection::AnswerRpc(const std::string& content) {
  const std::optional<std::vector<RpcCall>> calls = DecodeRpc(content, version_);
  if (!calls) return BrokenStream();
  TdsSink sink(channel_, *writer_, DoneToken::kDoneInProc);
  for (const RpcCall& call : *calls) {
    if (attention_ || gone_) break;
    Call(call, sink);
  }
  return End(sink);
}

void TdsConnection::Unknown(const RpcCall& call, TdsSink& sink) {
  sink.Message({2812, 16, "Could not find stored procedure '" + call.procedure + "'."}, 1);
  sink.EndProcedure(2812, {});
}

void TdsConnection::Call(const RpcCall& call, TdsSink& sink) {
  std::string name = ToLower(call.procedure);
  if (const auto dot = name.rfind('.'); dot != std::string::npos) name.erase(0, dot + 1);
  const std::vector<RpcParameter>& given = call.parameters;
  const bool prepares = name == "sp_prepare" || name == "sp_prepexec";
  const bool parameterised = name == "sp_executesql" && given.size() > 1;
  if (prepares ? given.size() < 3 : given.empty()) {
    if (name == "sp_reset_connection") {
      ResetSession();
      return sink.EndProcedure(0, {});
    }
    return Unknown(call, sink);
  }
  std::vector<Declaration> declared;
  if (prepares || parameterised) {
    SqlResult<std::vector<Declaration>> parsed = ParseParameterList(TextOf(given[1]));
    if (!parsed) {
      sink.Message(parsed.error(), 1);
      return sink.EndProcedure(parsed.error().number, {});
    }
    declared = std::move(*parsed);
  }
  if (name == "sp_executesql") {
    return ExecuteSql(TextOf(given[0]), From(given, 2), declared, sink, {});
  }
  if (prepares) {
    const int handle = session_->next_handle++;
    const TdsSink::Output output{given[0].name, IntType(), Int(handle)};
    session_->prepared[handle] = {TextOf(given[2]), std::move(declared)};
    if (name == "sp_prepare") return sink.EndProcedure(0, {output});
    const PreparedStatement& prepared = session_->prepared[handle];
    return ExecuteSql(prepared.sql, From(given, 3), prepared.parameters, sink, {output});
  }
  const auto prepared = session_->prepared.find(HandleOf(given[0]));
  if (name != "sp_execute" && name != "sp_unprepare") return Unknown(call, sink);
  if (prepared == session_->prepared.end()) {
    sink.Message({8179, 16,
                  "Could not find prepared statement with handle " +
                      std::to_string(HandleOf(given[0])) + "."},
                 1);
    return sink.EndProcedure(8179, {});
  }
  if (name == "sp_execute") {
    return ExecuteSql(prepared->second.sql, From(given, 1), prepared->second.parameters, sink, {});
  }
  session_->prepared.erase(prepared);
  sink.EndProcedure(0, {});
}

void TdsConnection::ExecuteSql(const std::string& sql, const std::vector<RpcParameter>& given,
                               const std::vector<Declaration>& declared, TdsSink& sink,
                               std::vector<TdsSink::Output> outputs) {
  std::vector<Parameter> parameters;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    Parameter parameter{declared[i].name, {declared[i].type, {}}};
    for (std::size_t j = 0; j < given.size(); ++j) {
      const bool mine = given[j].name.empty() ? i == j : SameName(given[j].name, parameter.name);
      if (!mine) continue;
      SqlResult<Value> value = Convert(given[j].value, given[j].type, parameter.value.type);
      if (!value) {
        sink.Message(value.error(), 1);
        return sink.EndProcedure(value.error().number, outputs);
      }
      parameter.value.value = std::move(*value);
    }
    parameters.push_back(std::move(parameter));
  }
  Executor executor(engine_, *session_, sink, *this);
  executor.Batch(sql, parameters);
  for (const RpcParameter& parameter : given) {
    if (!parameter.output || parameter.name.empty()) continue;
    const SqlResult<TypedValue> value = executor.Variable(parameter.name);
    if (value) outputs.push_back({parameter.name, value->type, value->value});
  }
  sink.EndProcedure(session_->last_error, outputs);
}

}  // namespace dbstow::doubles::sqlserver
