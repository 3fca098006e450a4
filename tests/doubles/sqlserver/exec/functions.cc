#include "doubles/sqlserver/exec/functions.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "doubles/sqlserver/exec/like.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/decimal.h"

namespace dbstow::doubles::sqlserver {
namespace {

const SqlType kName{TypeId::kNVarChar, 128};
const SqlType kText{TypeId::kNVarChar, 4000};
const SqlType kInt{TypeId::kInt};
const SqlType kTime{TypeId::kDateTime};

// Sorted by name.
const std::array kFunctions{
    FunctionSignature{"ABS", 1, 1, "b", {TypeId::kBigInt}},
    FunctionSignature{"APP_NAME", 0, 0, "", kName},
    FunctionSignature{"CHARINDEX", 2, 3, "tti", kInt},
    FunctionSignature{"CONCAT", 2, 254, "t", kText},
    FunctionSignature{"CURRENT_TIMESTAMP", 0, 0, "", kTime},
    FunctionSignature{"CURRENT_USER", 0, 0, "", kName},
    FunctionSignature{"DATABASEPROPERTYEX", 2, 2, "t", kName},
    FunctionSignature{"DATALENGTH", 1, 1, "a", kInt},
    FunctionSignature{"DATEADD", 3, 3, "aid", kTime, false, true},
    FunctionSignature{"DATEDIFF", 3, 3, "add", kInt, false, true},
    FunctionSignature{"DB_ID", 0, 1, "t", {TypeId::kSmallInt}},
    FunctionSignature{"DB_NAME", 0, 1, "i", kName},
    FunctionSignature{"GETDATE", 0, 0, "", kTime},
    FunctionSignature{"GETUTCDATE", 0, 0, "", kTime},
    FunctionSignature{"HAS_DBACCESS", 1, 1, "t", kInt},
    FunctionSignature{"HAS_PERMS_BY_NAME", 3, 3, "t", kInt},
    FunctionSignature{"HOST_NAME", 0, 0, "", kName},
    FunctionSignature{"IS_MEMBER", 1, 1, "t", kInt},
    FunctionSignature{"IS_ROLEMEMBER", 1, 1, "t", kInt},
    FunctionSignature{"IS_SRVROLEMEMBER", 1, 2, "t", kInt},
    FunctionSignature{"LEFT", 2, 2, "ti", kText, true},
    FunctionSignature{"LEN", 1, 1, "t", kInt},
    FunctionSignature{"LOWER", 1, 1, "t", kText, true},
    FunctionSignature{"LTRIM", 1, 1, "t", kText, true},
    FunctionSignature{"NEWID", 0, 0, "", {TypeId::kUniqueIdentifier}},
    FunctionSignature{"OBJECT_ID", 1, 2, "t", kInt},
    FunctionSignature{"ORIGINAL_LOGIN", 0, 0, "", kName},
    FunctionSignature{"QUOTENAME", 1, 2, "t", {TypeId::kNVarChar, 258}},
    FunctionSignature{"REPLACE", 3, 3, "t", kText},
    FunctionSignature{"REPLICATE", 2, 2, "ti", kText},
    FunctionSignature{"RIGHT", 2, 2, "ti", kText, true},
    FunctionSignature{"RTRIM", 1, 1, "t", kText, true},
    FunctionSignature{"SCHEMA_NAME", 0, 1, "i", kName},
    FunctionSignature{"SERVERPROPERTY", 1, 1, "t", kName},
    FunctionSignature{"SUBSTRING", 3, 3, "tii", kText, true},
    FunctionSignature{"SUSER_NAME", 0, 0, "", kName},
    FunctionSignature{"SUSER_SNAME", 0, 1, "a", kName},
    FunctionSignature{"SYS.FN_HADR_BACKUP_IS_PREFERRED_REPLICA", 1, 1, "t", {TypeId::kBit}},
    FunctionSignature{"SYSDATETIME", 0, 0, "", kTime},
    FunctionSignature{"SYSTEM_USER", 0, 0, "", kName},
    FunctionSignature{"SYSUTCDATETIME", 0, 0, "", kTime},
    FunctionSignature{"TRIM", 1, 1, "t", kText, true},
    FunctionSignature{"UPPER", 1, 1, "t", kText, true},
    FunctionSignature{"USER_NAME", 0, 1, "i", kName},
    FunctionSignature{"XACT_STATE", 0, 0, "", {TypeId::kSmallInt}},
};

const std::string& TextOf(const Value& value) {
  static const std::string empty;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? empty : *text;
}
std::int64_t IntOf(const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

std::string Trim(std::string text, bool left, bool right) {
  while (left && text.starts_with(' ')) text.erase(0, 1);
  while (right && text.ends_with(' ')) text.pop_back();
  return text;
}

// Positions and lengths count UTF-16 units.
std::string Slice(const std::string& text, std::int64_t start, std::int64_t length) {
  const std::int64_t end = start + std::max<std::int64_t>(length, 0);
  const std::string until =
      Utf16Prefix(text, static_cast<std::size_t>(std::max<std::int64_t>(end - 1, 0)));
  const std::string before =
      Utf16Prefix(until, static_cast<std::size_t>(std::max<std::int64_t>(start - 1, 0)));
  return until.substr(before.size());
}

Value QuoteNameOf(const std::string& text, const std::string& mark) {
  if (Utf16Length(text) > 128) return {};
  if (mark == "'") return Text("'" + ReplaceAll(text, "'", "''") + "'");
  if (mark == "\"") return Text("\"" + ReplaceAll(text, "\"", "\"\"") + "\"");
  return Text("[" + ReplaceAll(text, "]", "]]") + "]");
}

SqlResult<Value> TextFunction(std::string_view name, const std::vector<Value>& a) {
  if (name == "CONCAT") {  // NULL counts as empty
    std::string all;
    for (const Value& value : a) all += TextOf(value);
    return Text(all);
  }
  if (std::any_of(a.begin(), a.end(), IsNull)) return Value();
  const std::string& text = a.empty() ? TextOf({}) : TextOf(a[0]);
  if (name == "LEN") return Int(static_cast<std::int64_t>(Utf16Length(Trim(text, false, true))));
  if (name == "UPPER") return Text(ToUpper(text));
  if (name == "LOWER") return Text(ToLower(text));
  if (name == "LTRIM") return Text(Trim(text, true, false));
  if (name == "RTRIM") return Text(Trim(text, false, true));
  if (name == "TRIM") return Text(Trim(text, true, true));
  if (name == "QUOTENAME") return QuoteNameOf(text, a.size() > 1 ? TextOf(a[1]) : "[");
  if (name == "REPLACE") return Text(ReplaceAll(text, TextOf(a[1]), TextOf(a[2])));
  if (name == "SUBSTRING") return Text(Slice(text, IntOf(a[1]), IntOf(a[2])));
  if (name == "LEFT") return Text(Slice(text, 1, IntOf(a[1])));
  if (name == "RIGHT") {
    const auto length = static_cast<std::int64_t>(Utf16Length(text));
    return Text(Slice(text, std::max<std::int64_t>(1, length - IntOf(a[1]) + 1), IntOf(a[1])));
  }
  if (name == "REPLICATE") {
    std::string all;
    for (std::int64_t i = 0; i < IntOf(a[1]) && all.size() < 8000; ++i) all += text;
    return Text(Utf16Prefix(all, 4000));
  }
  const auto from =
      static_cast<std::size_t>(a.size() > 2 ? std::max<std::int64_t>(IntOf(a[2]) - 1, 0) : 0);
  const auto at = ToLower(TextOf(a[1])).find(ToLower(text), from);  // CHARINDEX
  return Int(at == std::string::npos ? 0 : static_cast<std::int64_t>(at) + 1);
}

constexpr std::array<std::pair<std::string_view, Milliseconds>, 10> kParts{{{"day", 86'400'000},
                                                                            {"dd", 86'400'000},
                                                                            {"d", 86'400'000},
                                                                            {"hour", 3'600'000},
                                                                            {"hh", 3'600'000},
                                                                            {"minute", 60'000},
                                                                            {"mi", 60'000},
                                                                            {"second", 1000},
                                                                            {"ss", 1000},
                                                                            {"millisecond", 1}}};

SqlResult<Value> DateFunction(std::string_view name, const std::vector<Value>& a) {
  const auto* part = std::find_if(kParts.begin(), kParts.end(),
                                  [&](const auto& known) { return known.first == TextOf(a[0]); });
  if (part == kParts.end()) {
    return SqlError{155, 15, "'" + TextOf(a[0]) + "' is not a recognized datepart option."};
  }
  if (IsNull(a[1]) || IsNull(a[2])) return Value();
  const Milliseconds unit = part->second;
  const Milliseconds second = ParseDateTime(TextOf(a[2])).value_or(0);
  if (name == "DATEADD") {
    return Text(FormatDateTime(RoundToDateTime(second + IntOf(a[1]) * unit)));
  }
  // Boundaries crossed, not whole units.
  const Milliseconds first = ParseDateTime(TextOf(a[1])).value_or(0);
  const auto boundary = [unit](Milliseconds time) {
    return time / unit - (time % unit < 0 ? 1 : 0);
  };
  return Int(boundary(second) - boundary(first));
}

SqlResult<Value> NumberOperation(const std::vector<Value>& a) {
  if (IsNull(a[1]) || IsNull(a[2])) return Value();
  const char op = TextOf(a[0])[0];
  const SqlType type = ParseType(TextOf(a[3])).value();
  const auto real = [](const Value& value) {
    const auto* number = std::get_if<double>(&value);
    return number == nullptr ? static_cast<double>(IntOf(value)) : *number;
  };
  const bool divides = op == '/' || op == '%';
  if (divides && real(a[2]) == 0) {
    return SqlError{8134, 16, "Divide by zero error encountered."};
  }
  if (type.id == TypeId::kFloat) {
    const double x = real(a[1]);
    const double y = real(a[2]);
    return Value(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
  }
  const Decimal::Int128 x = IntOf(a[1]);
  const Decimal::Int128 y = IntOf(a[2]);
  Decimal::Int128 result = 0;
  switch (op) {
    case '+': result = x + y; break;
    case '-': result = x - y; break;
    case '*': result = x * y; break;
    case '/': result = x / y; break;
    case '%': result = x % y; break;
    case '&': result = x & y; break;
    case '|': result = x | y; break;
    default: result = x ^ y; break;
  }
  return Convert(Text(Decimal{result, 0}.ToSortable()), {TypeId::kDecimal, 0, 38, 0}, type);
}

SqlResult<Value> DecimalOperation(const std::vector<Value>& a) {
  if (IsNull(a[1]) || IsNull(a[3])) return Value();
  const char op = TextOf(a[0])[0];
  const Decimal x = Decimal::FromSortable(TextOf(a[1]), static_cast<int>(IntOf(a[2])));
  const Decimal y = Decimal::FromSortable(TextOf(a[3]), static_cast<int>(IntOf(a[4])));
  const int scale = static_cast<int>(IntOf(a[6]));
  const SqlError overflow{8115, 16, "Arithmetic overflow error converting to data type numeric."};
  const auto magnitude = [](Decimal::Int128 n) { return std::fabs(static_cast<double>(n)); };
  Decimal result{0, x.scale};
  if (op == '+') result.unscaled = x.unscaled + y.unscaled;
  if (op == '-') result.unscaled = x.unscaled - y.unscaled;
  if (op == '*') {
    if (magnitude(x.unscaled) * magnitude(y.unscaled) > 1e37) return overflow;
    result = {x.unscaled * y.unscaled, x.scale + y.scale};
  }
  if (op == '/' || op == '%') {
    if (y.unscaled == 0) return SqlError{8134, 16, "Divide by zero error encountered."};
    if (op == '%') {
      result.unscaled = x.unscaled % y.unscaled;
    } else {
      const std::optional<Decimal> wide = x.Rescaled(38, std::min(38, x.scale + scale));
      if (!wide) return overflow;
      result = {wide->unscaled / y.unscaled, scale};
    }
  }
  const std::optional<Decimal> fitted = result.Rescaled(38, scale);
  if (!fitted) return overflow;
  return Text(fitted->ToSortable());
}

SqlResult<Value> CastValue(const std::vector<Value>& a, bool tries) {
  DBSTOW_ASSIGN(const SqlType from, ParseType(TextOf(a[1])));
  DBSTOW_ASSIGN(const SqlType to, ParseType(TextOf(a[2])));
  SqlResult<Value> result = Convert(a[0], from, to, static_cast<int>(IntOf(a[3])));
  if (!result && tries) return Value();
  return result;
}

}  // namespace

const FunctionSignature* FindFunction(std::string_view name) {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                  [&](const FunctionSignature& one) { return one.name == name; });
  return found == kFunctions.end() ? nullptr : &*found;
}

std::optional<SqlType> ArgumentType(const FunctionSignature& function, std::size_t index) {
  switch (function.arguments[std::min(index, function.arguments.size() - 1)]) {
    case 't': return kText;
    case 'i': return kInt;
    case 'b': return SqlType{TypeId::kBigInt};
    case 'd': return kTime;
    default: return std::nullopt;
  }
}

FunctionHost::FunctionHost(Instance& instance) : instance_(instance) {
  Sqlite& store = instance.store();
  store.Register("tsql_call", [this](const auto& a) { return Call(a); });
  store.Register("tsql_cast", [](const auto& a) { return CastValue(a, false); });
  store.Register("tsql_try_cast", [](const auto& a) { return CastValue(a, true); });
  store.Register("tsql_number", NumberOperation);
  store.Register("tsql_decimal", DecimalOperation);
  store.Register("tsql_like", [](const std::vector<Value>& a) -> SqlResult<Value> {
    if (std::any_of(a.begin(), a.end(), IsNull)) return Value();
    return Int(Like(TextOf(a[0]), TextOf(a[1]), a.size() > 2 ? TextOf(a[2]) : "") ? 1 : 0);
  });
}

SqlResult<Value> FunctionHost::Call(const std::vector<Value>& arguments) {
  const std::string& name = TextOf(arguments[0]);
  const std::vector<Value> a(arguments.begin() + 1, arguments.end());
  if (name == "DATEADD" || name == "DATEDIFF") return DateFunction(name, a);
  if (name == "NEWID") return Text(instance_.NewGuid());
  if (name == "ABS") return IsNull(a[0]) ? Value() : Int(std::abs(IntOf(a[0])));
  if (name == "DATALENGTH") {
    if (IsNull(a[0])) return Value();
    const auto* blob = std::get_if<Blob>(&a[0]);
    const std::size_t size = blob != nullptr ? blob->bytes.size() : Utf16Length(TextOf(a[0])) * 2;
    return Int(static_cast<std::int64_t>(size));
  }
  if (name == "GETDATE" || name == "SYSDATETIME" || name == "CURRENT_TIMESTAMP") {
    return Text(FormatDateTime(RoundToDateTime(instance_.Now())));
  }
  if (name == "GETUTCDATE" || name == "SYSUTCDATETIME") {
    const Milliseconds zone = instance_.settings().zone_minutes * Milliseconds{60'000};
    return Text(FormatDateTime(RoundToDateTime(instance_.Now() - zone)));
  }
  SqlResult<std::optional<Value>> fact = SessionFunction(instance_, *session_, name, a);
  if (!fact) return std::move(fact).error();
  if (*fact) return **fact;
  return TextFunction(name, a);
}

}  // namespace dbstow::doubles::sqlserver
