#include <algorithm>

#include "doubles/sqlserver/exec/query_compiler.h"

// The types that values meet in.
namespace dbstow::doubles::sqlserver {
namespace {

// Data type precedence, lowest first.
int Rank(const SqlType& type) {
  switch (type.id) {
    case TypeId::kVarBinary: return 0;
    case TypeId::kChar: return 1;
    case TypeId::kVarChar: return 2;
    case TypeId::kNChar: return 3;
    case TypeId::kNVarChar: return 4;
    case TypeId::kUniqueIdentifier: return 5;
    case TypeId::kBit: return 6;
    case TypeId::kTinyInt: return 7;
    case TypeId::kSmallInt: return 8;
    case TypeId::kInt: return 9;
    case TypeId::kBigInt: return 10;
    case TypeId::kDecimal: return 11;
    case TypeId::kFloat: return 12;
    case TypeId::kDateTime: return 13;
  }
  return 0;
}

int IntegerDigits(const SqlType& type) {
  if (type.id == TypeId::kDecimal) return type.precision - type.scale;
  return type.id == TypeId::kBigInt ? 19 : 10;
}

bool SameFamily(const SqlType& a, const SqlType& b) {
  if (IsInteger(a) && IsInteger(b)) return true;
  if (IsText(a) && IsText(b)) return true;
  if (a.id == TypeId::kDecimal && b.id == TypeId::kDecimal) return a.scale == b.scale;
  return a.id == b.id;
}

}  // namespace

SqlType CommonType(const SqlType& a, const SqlType& b) {
  SqlType common = Rank(a) >= Rank(b) ? a : b;
  const SqlType& other = Rank(a) >= Rank(b) ? b : a;
  if (common.id == TypeId::kDecimal && (other.id == TypeId::kDecimal || IsInteger(other))) {
    common.scale = std::max(common.scale, other.scale);
    common.precision = std::min(38, std::max(IntegerDigits(a), IntegerDigits(b)) + common.scale);
  }
  if (IsText(common) && (IsText(other) || other.id == TypeId::kVarBinary)) {
    const bool max = a.length == kMaxLength || b.length == kMaxLength;
    common.length = max ? kMaxLength : std::max(a.length, b.length);
  }
  return common;
}

std::string QueryCompiler::Converted(const Fragment& fragment, const SqlType& to) {
  if (fragment.is_null_literal || SameFamily(fragment.type, to)) return fragment.sql;
  return "tsql_cast(" + fragment.sql + ", " + Bind(Text(ToString(fragment.type))) + ", " +
         Bind(Text(ToString(to))) + ", 0)";
}

}  // namespace dbstow::doubles::sqlserver
