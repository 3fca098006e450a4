#include "doubles/mongodb/query/type_set.h"

#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr BsonType kAllTypes[] = {
    BsonType::kDouble,     BsonType::kString,    BsonType::kObject,          BsonType::kArray,
    BsonType::kBinary,     BsonType::kUndefined, BsonType::kObjectId,        BsonType::kBool,
    BsonType::kDate,       BsonType::kNull,      BsonType::kRegex,           BsonType::kDbPointer,
    BsonType::kJavaScript, BsonType::kSymbol,    BsonType::kJavaScriptScope, BsonType::kInt32,
    BsonType::kTimestamp,  BsonType::kInt64,     BsonType::kDecimal128,      BsonType::kMinKey,
    BsonType::kMaxKey};

}  // namespace

Result<TypeSet> TypeSet::Parse(const Element& operand) {
  TypeSet set;
  if (!operand.Is(BsonType::kArray)) {
    DBSTOW_TRY(set.Add(operand));
    return set;
  }
  for (const Element& one : operand.AsDocument()) DBSTOW_TRY(set.Add(one));
  return set;
}

Result<void> TypeSet::Add(const Element& one) {
  if (one.AsString() == "number") {
    types_.insert({BsonType::kInt32, BsonType::kInt64, BsonType::kDouble, BsonType::kDecimal128});
    return {};
  }
  for (const BsonType type : kAllTypes) {
    const bool by_number = one.IsNumber() && static_cast<std::int8_t>(type) ==
                                                 one.AsLongDouble();  // MinKey is -1 here
    if (by_number || (one.Is(BsonType::kString) && one.AsString() == TypeName(type))) {
      types_.insert(type);
      return {};
    }
  }
  return CommandFailure(kBadValue, "Unknown type name alias or invalid numerical type code");
}

}  // namespace dbstow::doubles::mongodb
