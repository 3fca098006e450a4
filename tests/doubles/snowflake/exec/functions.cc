#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/get_ddl.h"
#include "doubles/snowflake/sql/calendar.h"
#include "doubles/snowflake/sql/json_depth.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

using Function = Result<Value> (*)(const Execution&, const Row&);

Value OrNull(const std::string& text) { return text.empty() ? Value(Null{}) : Value(text); }

std::string RoleName(const Execution& execution) {
  const Object* role = execution.change.Find(execution.session.role);
  return role == nullptr ? "" : role->name();
}

// A current database that has been dropped, or that the role may not see, is none.
bool HasCurrentDatabase(const Execution& execution) {
  const Object* database =
      execution.change.FindChild(ObjectKind::kDatabase, kAccountId, execution.session.database);
  return database != nullptr && execution.access().HasAny(*database);
}

Result<Value> CurrentSchema(const Execution& execution, const Row&) {
  if (!HasCurrentDatabase(execution)) return Value(Null{});
  const Object* database =
      execution.change.FindChild(ObjectKind::kDatabase, kAccountId, execution.session.database);
  const Object* schema =
      execution.change.FindChild(ObjectKind::kSchema, database->id, execution.session.schema);
  return schema == nullptr ? Value(Null{}) : Value(schema->name());
}

Result<Value> CurrentTimestamp(const Execution& execution, const Row&) {
  return Value(MomentFromNanos(TypeKind::kTimestampLtz, execution.now()));
}

template <TypeKind kind>
Result<Value> ToMoment(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0])) return arguments[0];
  const auto* number = std::get_if<Decimal>(&arguments[0]);
  if (number == nullptr || arguments.size() < 2) return Cast(arguments[0], DataType{kind});
  // A number counts units of 10^-scale seconds.
  DBSTOW_ASSIGN(const Value scale, Cast(arguments[1], DataType{TypeKind::kNumber}));
  const auto digits = static_cast<int>(std::get<Decimal>(scale).units);
  if (digits < 0 || digits > 9)
    return SqlError(codes::kInvalidArgument, "invalid scale of a timestamp");
  Decimal seconds = *number;
  seconds.scale += digits;
  DBSTOW_ASSIGN(const Decimal nanos, Rescale(seconds, 9));
  return Value(MomentFromNanos(kind, static_cast<int64_t>(nanos.units)));
}

template <TypeKind kind>
Result<Value> To(const Execution&, const Row& arguments) {
  if (arguments.size() > 1) return Unsupported("a format argument");
  DataType type{kind};
  if (kind == TypeKind::kNumber && std::holds_alternative<Decimal>(arguments[0])) type.scale = 0;
  return Cast(arguments[0], type);
}

Result<Value> ParseJson(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0])) return arguments[0];
  const std::string text = ToText(arguments[0]);
  const auto tree = IsShallowJson(text) ? nlohmann::json::parse(text, nullptr, false)
                                        : nlohmann::json(nlohmann::json::value_t::discarded);
  if (tree.is_discarded())
    return SqlError(codes::kJson, "Error parsing JSON: " + ToText(arguments[0]));
  return Value(Json{tree.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
}

Result<Value> DateAdd(const Execution&, const Row& arguments) {
  std::string part = ToText(arguments[0]);
  for (char& letter : part)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (IsNull(arguments[1]) || IsNull(arguments[2])) return Value(Null{});
  DBSTOW_ASSIGN(const Value amount, Cast(arguments[1], DataType{TypeKind::kNumber}));
  const auto count = static_cast<int64_t>(std::get<Decimal>(amount).units);
  struct Part {
    std::string_view name;
    int64_t nanos;
  };
  static constexpr std::array<Part, 7> kParts = {{{"DAY", kNanosPerDay},
                                                  {"WEEK", 7 * kNanosPerDay},
                                                  {"HOUR", 3600 * kNanosPerSecond},
                                                  {"MINUTE", 60 * kNanosPerSecond},
                                                  {"SECOND", kNanosPerSecond},
                                                  {"MILLISECOND", 1000000},
                                                  {"NANOSECOND", 1}}};
  if (!part.empty() && part.back() == 'S') part.pop_back();
  for (const Part& known : kParts) {
    if (part != known.name) continue;
    Value base = arguments[2];
    if (!std::holds_alternative<Moment>(base)) {
      DBSTOW_ASSIGN(base, Cast(base, DataType{TypeKind::kTimestampNtz}));
    }
    const auto& moment = std::get<Moment>(base);
    int64_t step = 0;
    if (__builtin_mul_overflow(count, known.nanos, &step) ||
        std::abs(moment.seconds) > 8000000000LL) {
      return SqlError(codes::kInvalidArgument, "DATEADD is out of range");
    }
    Moment moved = MomentFromNanos(moment.kind, ToNanos(moment) + step);
    moved.offset_minutes = moment.offset_minutes;
    if (std::holds_alternative<Date>(arguments[2]) && known.nanos >= kNanosPerDay) {
      return Cast(Value(moved), DataType{TypeKind::kDate});
    }
    return Value(moved);
  }
  return Unsupported("date part " + part);
}

Result<Value> Coalesce(const Execution&, const Row& arguments) {
  for (const Value& value : arguments) {
    if (!IsNull(value)) return value;
  }
  return Value(Null{});
}

Result<Value> NullIf(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return arguments[0];
  DBSTOW_ASSIGN(const int order, Compare(arguments[0], arguments[1]));
  return order == 0 ? Value(Null{}) : arguments[0];
}

template <int (*change)(int)>
Result<Value> ChangeCase(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0])) return arguments[0];
  std::string text = ToText(arguments[0]);
  for (char& letter : text) letter = static_cast<char>(change(static_cast<unsigned char>(letter)));
  return Value(std::move(text));
}

Result<Value> Length(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0])) return arguments[0];
  int64_t letters = 0;
  for (const char byte : ToText(arguments[0])) {
    letters += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U ? 1 : 0;
  }
  return Integer(letters);
}

Result<Value> Concat(const Execution&, const Row& arguments) {
  std::string text;
  for (const Value& value : arguments) {
    if (IsNull(value)) return Value(Null{});
    text += ToText(value);
  }
  return Value(std::move(text));
}

Result<Value> Abs(const Execution&, const Row& arguments) {
  DBSTOW_ASSIGN(const int order,
                IsNull(arguments[0]) ? Result<int>(0) : Compare(arguments[0], Integer(0)));
  return order < 0 ? Arithmetic("-", Integer(0), arguments[0]) : Result<Value>(arguments[0]);
}

Result<Value> Mod(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return Value(Null{});
  return Arithmetic("%", arguments[0], arguments[1]);
}

Result<Value> Repeat(const Execution&, const Row& arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return Value(Null{});
  DBSTOW_ASSIGN(const Value count, Cast(arguments[1], DataType{TypeKind::kNumber}));
  const std::string text = ToText(arguments[0]);
  std::string repeated;
  for (Int128 step = 0; step < std::get<Decimal>(count).units; ++step) {
    repeated += text;
    if (repeated.size() > 16777216)
      return SqlError(codes::kTooLong, "String is too long and would be truncated");
    if (text.empty()) break;
  }
  return Value(std::move(repeated));
}

Result<Value> GetDdl(const Execution& execution, const Row& arguments) {
  const std::string kind = ToText(arguments[0]);
  bool qualified = false;
  if (arguments.size() > 2) {
    DBSTOW_ASSIGN(const Value cast, Cast(arguments[2], DataType{TypeKind::kBoolean}));
    qualified = !IsNull(cast) && std::get<bool>(cast);
  }
  DBSTOW_ASSIGN(std::string text, GetDdlText(execution, kind, ToText(arguments[1]),
                                             qualified ? DdlNames::kQualified : DdlNames::kPlain));
  return Value(std::move(text));
}

Result<Value> CancelQuery(const Execution& execution, const Row& arguments) {
  const std::string id = ToText(arguments[0]);
  DBSTOW_TRY(execution.cancel_query(id));
  return Value("query [" + id + "] terminated.");
}

struct Known {
  std::string_view name;
  size_t least;
  size_t most;
  /// Of the result, unless `same_as` names an argument.
  TypeKind kind;
  int same_as;  ///< argument whose type it has, or -1
  Function function;
};

const Known* FindFunction(const std::string& name) {
  using K = TypeKind;
  constexpr size_t kAny = 1000;
  static const std::array<Known, 53> kFunctions = {{
      {"CURRENT_TIMESTAMP", 0, 1, K::kTimestampLtz, -1, CurrentTimestamp},
      {"LOCALTIMESTAMP", 0, 1, K::kTimestampLtz, -1, CurrentTimestamp},
      {"GETDATE", 0, 0, K::kTimestampLtz, -1, CurrentTimestamp},
      {"SYSDATE", 0, 0, K::kTimestampNtz, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         return Value(MomentFromNanos(K::kTimestampNtz, e.now()));
       }},
      {"CURRENT_DATE", 0, 0, K::kDate, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         return Value(Date{FloorDivide(e.now(), kNanosPerDay)});
       }},
      {"CURRENT_USER", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         const Object* user = e.change.Find(e.session.user);
         return user == nullptr ? Value(Null{}) : Value(user->name());
       }},
      {"CURRENT_ROLE", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return OrNull(RoleName(e)); }},
      {"CURRENT_SECONDARY_ROLES", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         return Value(std::string(e.session.secondary_roles ? R"({"roles":"","value":"ALL"})"
                                                            : R"({"roles":"","value":""})"));
       }},
      {"CURRENT_WAREHOUSE", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return OrNull(e.session.warehouse); }},
      {"CURRENT_DATABASE", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         return HasCurrentDatabase(e) ? Value(e.session.database) : Value(Null{});
       }},
      {"CURRENT_SCHEMA", 0, 0, K::kText, -1, CurrentSchema},
      {"CURRENT_ACCOUNT", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.facts.locator); }},
      {"CURRENT_ACCOUNT_NAME", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.facts.name); }},
      {"CURRENT_ORGANIZATION_NAME", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.facts.organization); }},
      {"CURRENT_REGION", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.facts.region); }},
      {"CURRENT_VERSION", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.facts.version); }},
      {"CURRENT_SESSION", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> { return Value(e.session.id); }},
      {"LAST_QUERY_ID", 0, 1, K::kText, -1,
       [](const Execution& e, const Row& a) -> Result<Value> {
         if (!a.empty()) return Unsupported("LAST_QUERY_ID with an argument");
         return OrNull(e.session.last_query_id);
       }},
      {"TO_TIMESTAMP", 1, 2, K::kTimestampNtz, -1, ToMoment<K::kTimestampNtz>},
      {"TO_TIMESTAMP_NTZ", 1, 2, K::kTimestampNtz, -1, ToMoment<K::kTimestampNtz>},
      {"TO_TIMESTAMP_LTZ", 1, 2, K::kTimestampLtz, -1, ToMoment<K::kTimestampLtz>},
      {"TO_TIMESTAMP_TZ", 1, 2, K::kTimestampTz, -1, ToMoment<K::kTimestampTz>},
      {"TO_DATE", 1, 2, K::kDate, -1, To<K::kDate>},
      {"TO_VARCHAR", 1, 2, K::kText, -1, To<K::kText>},
      {"TO_CHAR", 1, 2, K::kText, -1, To<K::kText>},
      {"TO_NUMBER", 1, 2, K::kNumber, -1, To<K::kNumber>},
      {"TO_BOOLEAN", 1, 1, K::kBoolean, -1, To<K::kBoolean>},
      {"TO_DOUBLE", 1, 2, K::kReal, -1, To<K::kReal>},
      {"TO_BINARY", 1, 2, K::kBinary, -1, To<K::kBinary>},
      {"TO_VARIANT", 1, 1, K::kVariant, -1, To<K::kVariant>},
      {"PARSE_JSON", 1, 1, K::kVariant, -1, ParseJson},
      {"DATEADD", 3, 3, K::kTimestampNtz, 2, DateAdd},
      {"TIMESTAMPADD", 3, 3, K::kTimestampNtz, 2, DateAdd},
      {"COALESCE", 1, kAny, K::kText, 0, Coalesce},
      {"NVL", 2, 2, K::kText, 0, Coalesce},
      {"IFNULL", 2, 2, K::kText, 0, Coalesce},
      {"NULLIF", 2, 2, K::kText, 0, NullIf},
      {"UPPER", 1, 1, K::kText, -1, ChangeCase<std::toupper>},
      {"LOWER", 1, 1, K::kText, -1, ChangeCase<std::tolower>},
      {"LENGTH", 1, 1, K::kNumber, -1, Length},
      {"LEN", 1, 1, K::kNumber, -1, Length},
      {"CONCAT", 1, kAny, K::kText, -1, Concat},
      {"ABS", 1, 1, K::kNumber, 0, Abs},
      {"MOD", 2, 2, K::kNumber, 0, Mod},
      {"REPEAT", 2, 2, K::kText, -1, Repeat},
      {"GET_DDL", 2, 3, K::kText, -1, GetDdl},
      {"SYSTEM$CANCEL_QUERY", 1, 1, K::kText, -1, CancelQuery},
      // The waiting itself is done before the statement holds anything: see QueryRunner.
      {"SYSTEM$WAIT", 1, 2, K::kText, -1,
       [](const Execution&, const Row& a) -> Result<Value> {
         return Value("waited " + ToText(a[0]) + " " +
                      (a.size() > 1 ? ToText(a[1]) : std::string("seconds")));
       }},
      {"SYSTEM$TYPEOF", 1, 1, K::kText, -1,
       [](const Execution&, const Row& a) -> Result<Value> { return Value(ToString(TypeOf(a[0]))); }},
      {"CURRENT_CLIENT", 0, 0, K::kText, -1,
       [](const Execution&, const Row&) -> Result<Value> { return Value(Null{}); }},
      {"CURRENT_STATEMENT", 0, 0, K::kText, -1,
       [](const Execution& e, const Row&) -> Result<Value> {
         const QueryRecord* record = e.log.Find(e.query_id);
         return record == nullptr ? Value(Null{}) : Value(record->text);
       }},
      {"SEQ4", 0, 1, K::kNumber, -1,
       [](const Execution&, const Row&) -> Result<Value> {
         return Unsupported("SEQ4 outside TABLE(GENERATOR(…))");
       }},
      {"SEQ8", 0, 1, K::kNumber, -1,
       [](const Execution&, const Row&) -> Result<Value> {
         return Unsupported("SEQ8 outside TABLE(GENERATOR(…))");
       }},
  }};
  for (const Known& known : kFunctions) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace

Result<Value> CallFunction(const Execution& execution, const std::string& name,
                           const Row& arguments) {
  const Known* known = FindFunction(name);
  if (known == nullptr)
    return CompilationError(codes::kUnknownFunction, "Unknown function " + name);
  if (arguments.size() < known->least) {
    return CompilationError({"000938", "22023"}, "not enough arguments for function [" + name +
                                                     "], expected " + std::to_string(known->least) +
                                                     ", got " + std::to_string(arguments.size()));
  }
  if (arguments.size() > known->most) {
    return CompilationError({"000939", "22023"}, "too many arguments for function [" + name +
                                                     "] expected " + std::to_string(known->most) +
                                                     ", got " + std::to_string(arguments.size()));
  }
  return known->function(execution, arguments);
}

std::optional<DataType> FunctionType(const std::string& name,
                                     const std::vector<DataType>& arguments) {
  const Known* known = FindFunction(name);
  if (known == nullptr) return std::nullopt;
  if (known->same_as >= 0 && static_cast<size_t>(known->same_as) < arguments.size()) {
    DataType type = arguments[static_cast<size_t>(known->same_as)];
    if ((name == "DATEADD" || name == "TIMESTAMPADD") && !type.IsTimestamp() &&
        type.kind != TypeKind::kDate) {
      type = DataType{TypeKind::kTimestampNtz};
    }
    return type;
  }
  DataType type{known->kind};
  if (type.kind == TypeKind::kBinary) type.length = 8388608;
  return type;
}

Result<Value> Arithmetic(const std::string& op, const Value& left, const Value& right) {
  if (op == "||") return Value(ToText(left) + ToText(right));
  if (std::holds_alternative<Moment>(left) || std::holds_alternative<Date>(left)) {
    if ((op != "+" && op != "-") || !std::holds_alternative<Decimal>(right)) {
      return CompilationError(codes::kTypeMismatch,
                              "Invalid argument types for function '" + op + "'");
    }
    // Days are added to a date; a timestamp takes no plain number.
    const auto* date = std::get_if<Date>(&left);
    if (date == nullptr) {
      return CompilationError(codes::kTypeMismatch,
                              "Invalid argument types for function '" + op + "'");
    }
    const auto days = static_cast<int64_t>(std::get<Decimal>(right).units);
    return Value(Date{op == "+" ? date->days + days : date->days - days});
  }
  if (std::holds_alternative<double>(left) || std::holds_alternative<double>(right)) {
    DBSTOW_ASSIGN(const Value l, Cast(left, DataType{TypeKind::kReal}));
    DBSTOW_ASSIGN(const Value r, Cast(right, DataType{TypeKind::kReal}));
    const double a = std::get<double>(l);
    const double b = std::get<double>(r);
    if (op == "+") return Value(a + b);
    if (op == "-") return Value(a - b);
    if (op == "*") return Value(a * b);
    if (b == 0) return SqlError(codes::kDivision, "Division by zero");
    return Value(op == "/" ? a / b : std::fmod(a, b));
  }
  const auto read = [](const Value& value) -> Result<Decimal> {
    if (const auto* number = std::get_if<Decimal>(&value)) return *number;
    if (const auto* boolean = std::get_if<bool>(&value)) return Decimal{*boolean ? 1 : 0, 0};
    return ParseDecimal(ToText(value));
  };
  DBSTOW_ASSIGN(Decimal a, read(left));
  DBSTOW_ASSIGN(Decimal b, read(right));
  const auto overflow = [&]() {
    return SqlError(codes::kNumberRange,
                    "Number out of representable range: " + ToText(a) + " " + op + " " + ToText(b));
  };
  if (op == "*") {
    Decimal product{0, a.scale + b.scale};
    if (__builtin_mul_overflow(a.units, b.units, &product.units) || product.scale > 37)
      return overflow();
    return Value(product);
  }
  if (op == "/") {
    if (b.units == 0) return SqlError(codes::kDivision, "Division by zero");
    const int scale = std::max(6, a.scale);
    DBSTOW_ASSIGN(const Decimal shifted, Rescale(a, std::min(37, scale + b.scale + 1)));
    DBSTOW_ASSIGN(const Decimal quotient,
                  Rescale(Decimal{shifted.units / b.units, shifted.scale - b.scale}, scale));
    return Value(quotient);
  }
  const int scale = std::max(a.scale, b.scale);
  DBSTOW_ASSIGN(const Decimal x, Rescale(a, scale));
  DBSTOW_ASSIGN(const Decimal y, Rescale(b, scale));
  Decimal result{0, scale};
  if (op == "%") {
    if (y.units == 0) return SqlError(codes::kDivision, "Division by zero");
    result.units = x.units % y.units;
    return Value(result);
  }
  const bool wrong = op == "+" ? __builtin_add_overflow(x.units, y.units, &result.units)
                               : __builtin_sub_overflow(x.units, y.units, &result.units);
  if (wrong) return overflow();
  return Value(result);
}

}  // namespace dbstow::doubles::snowflake
