#include "doubles/mongodb/query/json_schema.h"

#include <string>
#include <vector>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/bson/value.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/type_set.h"

namespace dbstow::doubles::mongodb {
namespace {

using Check = std::function<bool(const Element&)>;

Error Malformed(const std::string& what) {
  return CommandFailure(kFailedToParse, "$jsonSchema " + what);
}

Result<Check> ParseSchema(const Document& schema);

Result<Check> Required(const Element& names) {
  if (!names.Is(BsonType::kArray)) return Malformed("keyword 'required' must be an array");
  std::vector<std::string> wanted;
  for (const Element& name : names.AsDocument()) wanted.emplace_back(name.AsString());
  return Check([wanted](const Element& value) {
    if (!value.Is(BsonType::kObject)) return true;
    for (const std::string& name : wanted) {
      if (!value.AsDocument().Has(name)) return false;
    }
    return true;
  });
}

Result<Check> Properties(const Element& properties) {
  std::vector<std::pair<std::string, Check>> checks;
  for (const Element& property : properties.AsDocument()) {
    if (!property.Is(BsonType::kObject)) return Malformed("properties must be objects");
    DBSTOW_ASSIGN(Check check, ParseSchema(property.AsDocument()));
    checks.emplace_back(property.name(), std::move(check));
  }
  return Check([checks](const Element& value) {
    for (const auto& [name, check] : checks) {
      const Element field = value.AsDocument()[name];
      if (field && !check(field)) return false;
    }
    return true;
  });
}

Check Bound(const Element& bound, int wrong_sign) {
  return [held = Value(bound), wrong_sign](const Element& value) {
    if (!value.IsNumber()) return true;
    const int order = CompareValues(value, held.view());
    return order == 0 || (order < 0) != (wrong_sign < 0);
  };
}

Result<Check> ParseKeyword(const Element& keyword) {
  const std::string_view name = keyword.name();
  if (name == "bsonType") {
    DBSTOW_ASSIGN(const TypeSet types, TypeSet::Parse(keyword));
    return Check([types](const Element& value) { return types.Contains(value.type()); });
  }
  if (name == "required") return Required(keyword);
  if (name == "properties") return Properties(keyword);
  if (name == "minimum") return Bound(keyword, -1);
  if (name == "maximum") return Bound(keyword, 1);
  if (name == "title" || name == "description") return Check([](const Element&) { return true; });
  return Malformed("keyword '" + std::string(name) + "' is not currently supported");
}

Result<Check> ParseSchema(const Document& schema) {
  std::vector<Check> checks;
  for (const Element& keyword : schema) {
    DBSTOW_ASSIGN(Check check, ParseKeyword(keyword));
    checks.push_back(std::move(check));
  }
  return Check([checks](const Element& value) {
    for (const Check& check : checks) {
      if (!check(value)) return false;
    }
    return true;
  });
}

}  // namespace

Result<std::function<bool(const Document&)>> ParseJsonSchema(const Element& schema) {
  if (!schema.Is(BsonType::kObject)) return Malformed("must be an object");
  DBSTOW_ASSIGN(Check check, ParseSchema(schema.AsDocument()));
  return std::function<bool(const Document&)>([check](const Document& document) {
    return check(Element(BsonType::kObject, {}, document.bytes()));
  });
}

}  // namespace dbstow::doubles::mongodb
