#include "doubles/snowflake/exec/time_travel.h"

#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

// Snowflake, Understanding & using Time Travel: statement ids older than 14 days do not resolve.
constexpr Nanos kStatementLife = 14 * kNanosPerDay;

std::string LowerKind(ObjectKind kind) {
  std::string text = ToString(kind);
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

Result<PastPoint> StatementPoint(const Execution& execution, const std::string& id,
                                 TimePoint::Side side) {
  const QueryRecord* record = execution.log.Find(id);
  if (record == nullptr || record->status == QueryRecord::Status::kRunning ||
      execution.now() - record->start > kStatementLife) {
    return CompilationError(codes::kStatementNotFound, "Statement " + id + " not found");
  }
  if (side == TimePoint::Side::kAt) return PastPoint{record->after, record->end};
  return PastPoint{record->before, record->start};
}

}  // namespace

Error NotAvailable(const Object& object) {
  return CompilationError(
      codes::kTimeTravel,
      "Time travel data is not available for " + LowerKind(object.kind) + " " +
          QuoteIdentifier(object.name()) +
          ". The requested time is either beyond the allowed time travel period or "
          "before the object creation time.");
}

Result<PastPoint> ResolvePoint(const Execution& execution, const TimePoint& point,
                               const std::string& object_name) {
  const Scope scope;
  const Evaluator evaluator(execution, scope);
  DBSTOW_ASSIGN(const Value value, evaluator.Evaluate(point.value, {}));
  if (IsNull(value))
    return CompilationError(codes::kInvalidValue, "invalid value [NULL] for AT or BEFORE");
  Nanos time = 0;
  if (point.anchor == TimePoint::Anchor::kStatement) {
    return StatementPoint(execution, ToText(value), point.side);
  }
  if (point.anchor == TimePoint::Anchor::kOffset) {
    DBSTOW_ASSIGN(const Value seconds, Cast(value, DataType{TypeKind::kNumber, 38, 9}));
    const Int128 nanos = std::get<Decimal>(seconds).units;
    if (nanos < -(Int128{1} << 62) || nanos > (Int128{1} << 62)) {
      return CompilationError(codes::kInvalidValue,
                              "invalid value [" + ToText(value) + "] for OFFSET");
    }
    time = execution.now() + static_cast<Nanos>(nanos);
  } else {
    DBSTOW_ASSIGN(const Value moment, Cast(value, DataType{TypeKind::kTimestampTz}));
    const auto& parts = std::get<Moment>(moment);
    if (std::abs(parts.seconds) > 8000000000LL) {
      return CompilationError(codes::kInvalidValue,
                              "invalid value [" + ToText(value) + "] for TIMESTAMP");
    }
    time = ToNanos(parts);
  }
  if (time > execution.now()) {
    return CompilationError(codes::kTimeTravel,
                            "Future data is not yet available for table " + object_name + ".");
  }
  return PastPoint{execution.change.VersionAt(time, point.side), time};
}

bool IsReadable(const Execution& execution, const Object& object, const PastPoint& point) {
  return object.created_in() <= point.version &&
         point.time >= execution.change.ReadableFrom(object, execution.now());
}

}  // namespace dbstow::doubles::snowflake
