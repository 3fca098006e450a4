#include "doubles/mongodb/query/matcher.h"

#include <cmath>
#include <random>
#include <vector>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/bson/value.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/expression.h"
#include "doubles/mongodb/query/json_schema.h"
#include "doubles/mongodb/query/path.h"
#include "doubles/mongodb/query/pattern.h"
#include "doubles/mongodb/query/type_set.h"

namespace dbstow::doubles::mongodb {
namespace {

using Predicate = Matcher::Predicate;
using Test = std::function<bool(const Element&)>;

Error Bad(std::string message) { return CommandFailure(kBadValue, std::move(message)); }

bool IsNullish(const Element& value) {
  return !value || value.Is(BsonType::kNull) || value.Is(BsonType::kUndefined);
}

bool Equal(const Element& value, const Element& operand) {
  if (IsNullish(operand)) return IsNullish(value);
  return value && TypeOrder(value.type()) == TypeOrder(operand.type()) &&
         CompareValues(value, operand) == 0;
}

Predicate AnyValue(const Element& at, Test test) {
  return [path = std::string(at.name()), test = std::move(test)](const Document& d) {
    return AnyValueAt(d, path, test);
  };
}

Predicate AnyWhole(std::string_view at, Test test) {
  return [path = std::string(at), test = std::move(test)](const Document& d) {
    return AnyWholeValueAt(d, path, test);
  };
}

Predicate Negate(Predicate predicate) {
  return [predicate = std::move(predicate)](const Document& d) { return !predicate(d); };
}

/// $gt and friends compare only within one type, but for MinKey and MaxKey.
Predicate Comparison(const Element& path, const Element& operand, bool (*accepts)(int)) {
  const bool any_type = operand.Is(BsonType::kMinKey) || operand.Is(BsonType::kMaxKey);
  return AnyValue(path, [held = Value(operand), any_type, accepts](const Element& value) {
    const Element bound = held.view();
    if (IsNullish(bound)) return IsNullish(value) && accepts(0);
    if (!value) return false;
    if (!any_type && TypeOrder(value.type()) != TypeOrder(bound.type())) return false;
    // NaN is comparable to nothing but itself.
    if (value.IsNumber() && bound.IsNumber() &&
        std::isnan(value.AsLongDouble()) != std::isnan(bound.AsLongDouble())) {
      return false;
    }
    return accepts(CompareValues(value, bound));
  });
}

Result<Test> EqualityTest(const Element& operand) {
  if (operand.Is(BsonType::kRegex)) {
    DBSTOW_ASSIGN(const Pattern pattern, Pattern::FromRegex(operand));
    return Test([pattern, held = Value(operand)](const Element& value) {
      return value.SameAs(held.view()) ||
             (value.Is(BsonType::kString) && pattern.Matches(value.AsString()));
    });
  }
  return Test([held = Value(operand)](const Element& value) { return Equal(value, held.view()); });
}

Result<Predicate> Equality(const Element& path, const Element& operand) {
  if (operand.Is(BsonType::kUndefined)) return Bad("cannot compare to undefined");
  DBSTOW_ASSIGN(Test test, EqualityTest(operand));
  return AnyValue(path, std::move(test));
}

Result<Predicate> In(const Element& path, const Element& operand) {
  if (!operand.Is(BsonType::kArray)) {
    return Bad(std::string(operand.name()) + " needs an array");
  }
  std::vector<Test> tests;
  for (const Element& candidate : operand.AsDocument()) {
    const bool is_operator = candidate.Is(BsonType::kObject) &&
                             candidate.AsDocument().First().name().substr(0, 1) == "$";
    if (is_operator) return Bad("cannot nest $ under " + std::string(operand.name()));
    DBSTOW_ASSIGN(Test test, EqualityTest(candidate));
    tests.push_back(std::move(test));
  }
  return AnyValue(path, [tests = std::move(tests)](const Element& value) {
    for (const Test& test : tests) {
      if (test(value)) return true;
    }
    return false;
  });
}

Result<Predicate> All(const Element& path, const Element& operand) {
  if (!operand.Is(BsonType::kArray)) return Bad("$all needs an array");
  std::vector<Predicate> parts;
  for (const Element& candidate : operand.AsDocument()) {
    DBSTOW_ASSIGN(Predicate part, Equality(path, candidate));
    parts.push_back(std::move(part));
  }
  return Predicate([parts = std::move(parts)](const Document& d) {
    for (const Predicate& part : parts) {
      if (!part(d)) return false;
    }
    return !parts.empty();
  });
}

Result<Predicate> Size(const Element& path, const Element& operand) {
  if (!operand.IsNumber()) return Bad("$size needs a number");
  return AnyWhole(path.name(), [size = operand.AsInt64()](const Element& value) {
    return value.Is(BsonType::kArray) &&
           static_cast<std::int64_t>(value.AsDocument().Count()) == size;
  });
}

Result<Predicate> Modulo(const Element& path, const Element& operand) {
  const Document numbers = operand.AsDocument();
  const std::int64_t divisor = numbers["0"].AsInt64();
  if (!operand.Is(BsonType::kArray) || numbers.Count() != 2) {
    return Bad("malformed mod, not enough elements");
  }
  if (divisor == 0) return Bad("divisor cannot be 0");
  return AnyValue(path, [divisor, rest = numbers["1"].AsInt64()](const Element& value) {
    // -1 apart: the smallest number divided by it does not fit.
    return value.IsNumber() && (divisor == -1 ? 0 : value.AsInt64() % divisor) == rest;
  });
}

Result<Predicate> HasType(const Element& path, const Element& operand) {
  DBSTOW_ASSIGN(const TypeSet types, TypeSet::Parse(operand));
  return AnyValue(path, [types](const Element& value) { return types.Contains(value.type()); });
}

Result<Predicate> Regex(const Element& path, const Element& operand, const Document& siblings) {
  DBSTOW_ASSIGN(const Pattern pattern,
                operand.Is(BsonType::kRegex)
                    ? Pattern::FromRegex(operand)
                    : Pattern::Parse(operand.AsString(), siblings["$options"].AsString()));
  return AnyValue(path, [pattern](const Element& value) {
    return value.Is(BsonType::kString) && pattern.Matches(value.AsString());
  });
}

Result<Predicate> ParseFilter(const Document& filter);
Result<Predicate> ParseOperators(const Element& path, const Document& operators);

bool HoldsOperators(const Element& value) {
  return value.Is(BsonType::kObject) && value.AsDocument().First().name().substr(0, 1) == "$";
}

Result<Predicate> ElemMatch(const Element& path, const Element& operand) {
  if (!operand.Is(BsonType::kObject)) return Bad("$elemMatch needs an Object");
  const std::string first(operand.AsDocument().First().name());
  const bool on_values = HoldsOperators(operand) && first != "$and" && first != "$or" &&
                         first != "$nor" && first != "$expr";
  // Operators apply to the elements themselves: as if each were the only field, of an empty name.
  DBSTOW_ASSIGN(const Predicate inner,
                on_values ? ParseOperators(Element(BsonType::kObject, "", {}), operand.AsDocument())
                          : ParseFilter(operand.AsDocument()));
  return AnyWhole(path.name(), [inner, on_values](const Element& value) {
    if (!value.Is(BsonType::kArray)) return false;
    for (const Element& element : value.AsDocument()) {
      if (!on_values) {
        if (element.Is(BsonType::kObject) && inner(element.AsDocument())) return true;
        continue;
      }
      const std::string wrapped = Builder().Add("", element).Finish();
      if (inner(Document(wrapped))) return true;
    }
    return false;
  });
}

Result<Predicate> Not(const Element& path, const Element& operand) {
  if (operand.Is(BsonType::kRegex)) {
    DBSTOW_ASSIGN(Predicate inner, Equality(path, operand));
    return Negate(std::move(inner));
  }
  if (!operand.Is(BsonType::kObject)) return Bad("$not needs a regex or a document");
  if (operand.AsDocument().empty()) return Bad("$not cannot be empty");
  DBSTOW_ASSIGN(Predicate inner, ParseOperators(path, operand.AsDocument()));
  return Negate(std::move(inner));
}

Result<Predicate> ParseOperator(const Element& path, const Element& op, const Document& all) {
  const std::string_view name = op.name();
  if (name == "$eq") return Equality(path, op);
  if (name == "$gt") return Comparison(path, op, [](int c) { return c > 0; });
  if (name == "$gte") return Comparison(path, op, [](int c) { return c >= 0; });
  if (name == "$lt") return Comparison(path, op, [](int c) { return c < 0; });
  if (name == "$lte") return Comparison(path, op, [](int c) { return c <= 0; });
  if (name == "$in") return In(path, op);
  if (name == "$ne") {
    DBSTOW_ASSIGN(Predicate equal, Equality(path, op));
    return Negate(std::move(equal));
  }
  if (name == "$nin") {
    DBSTOW_ASSIGN(Predicate in, In(path, op));
    return Negate(std::move(in));
  }
  if (name == "$exists") {
    Predicate exists =
        AnyWhole(path.name(), [](const Element& value) { return static_cast<bool>(value); });
    return op.Truthy() ? exists : Negate(std::move(exists));
  }
  if (name == "$all") return All(path, op);
  if (name == "$size") return Size(path, op);
  if (name == "$mod") return Modulo(path, op);
  if (name == "$type") return HasType(path, op);
  if (name == "$regex") return Regex(path, op, all);
  if (name == "$elemMatch") return ElemMatch(path, op);
  if (name == "$not") return Not(path, op);
  return Bad("unknown operator: " + std::string(name));
}

Predicate Both(Predicate left, Predicate right) {
  if (!left) return right;
  return [left = std::move(left), right = std::move(right)](const Document& d) {
    return left(d) && right(d);
  };
}

Result<Predicate> ParseOperators(const Element& path, const Document& operators) {
  Predicate all;
  for (const Element& op : operators) {
    if (op.name() == "$options" && operators.Has("$regex")) continue;
    if (op.name() == "$comment") continue;
    DBSTOW_ASSIGN(Predicate next, ParseOperator(path, op, operators));
    all = Both(std::move(all), std::move(next));
  }
  if (!all) all = [](const Document&) { return true; };
  return all;
}

Result<Predicate> ParseList(const Element& list) {
  const std::string name(list.name());
  const Document members = list.AsDocument();
  if (!list.Is(BsonType::kArray)) return Bad(name + " must be an array");
  if (members.empty()) return Bad(name + " argument must be a non-empty array");
  std::vector<Predicate> parts;
  for (const Element& member : members) {
    if (!member.Is(BsonType::kObject)) return Bad(name + " argument's entries must be objects");
    DBSTOW_ASSIGN(Predicate part, ParseFilter(member.AsDocument()));
    parts.push_back(std::move(part));
  }
  if (name == "$and") {
    Predicate all;
    for (Predicate& part : parts) all = Both(std::move(all), std::move(part));
    return all;
  }
  return Predicate([parts = std::move(parts), wanted = name == "$or"](const Document& d) {
    for (const Predicate& part : parts) {
      if (part(d)) return wanted;
    }
    return !wanted;
  });
}

/// Keeps each document with the given chance, for samples of record ids.
Result<Predicate> SampleRate(const Element& operand) {
  const auto rate = static_cast<double>(operand.AsLongDouble());
  if (!operand.IsNumber()) return Bad("argument to $sampleRate must be a numeric type");
  if (!(rate >= 0 && rate <= 1)) return Bad("numeric argument to $sampleRate must be in [0, 1]");
  auto generator = std::make_shared<std::mt19937_64>(std::random_device()());
  return Predicate([rate, generator](const Document&) {
    return std::uniform_real_distribution<double>(0, 1)(*generator) < rate;
  });
}

Result<Predicate> ParseTopLevel(const Element& field) {
  const std::string_view name = field.name();
  if (name == "$and" || name == "$or" || name == "$nor") return ParseList(field);
  if (name == "$expr") {
    DBSTOW_ASSIGN(const Expression expression, Expression::Parse(field));
    return Predicate([expression](const Document& d) { return expression.Holds(d); });
  }
  if (name == "$jsonSchema") return ParseJsonSchema(field);
  if (name == "$sampleRate") return SampleRate(field);
  if (name == "$comment") return Predicate([](const Document&) { return true; });
  if (name == "$alwaysTrue") return Predicate([](const Document&) { return true; });
  if (name == "$alwaysFalse") return Predicate([](const Document&) { return false; });
  return Bad("unknown top level operator: " + std::string(name) +
             ". If you have a field name that starts with a '$' symbol, consider using $getField "
             "or $setField.");
}

Result<Predicate> ParseFilter(const Document& filter) {
  Predicate all = [](const Document&) { return true; };
  bool first = true;
  for (const Element& field : filter) {
    const bool top_level = field.name().substr(0, 1) == "$";
    DBSTOW_ASSIGN(Predicate next, top_level ? ParseTopLevel(field)
                                  : HoldsOperators(field)
                                      ? ParseOperators(field, field.AsDocument())
                                      : Equality(field, field));
    all = first ? std::move(next) : Both(std::move(all), std::move(next));
    first = false;
  }
  return all;
}

}  // namespace

Result<Matcher> Matcher::Parse(const Document& filter) {
  Matcher matcher;
  DBSTOW_ASSIGN(matcher.predicate_, ParseFilter(filter));
  const Element only = filter.First();
  if (filter.Count() != 1 || only.name() != "_id" || only.Is(BsonType::kRegex)) return matcher;
  Element wanted = only;
  if (HoldsOperators(only)) {
    wanted = only.AsDocument().First();
    if (wanted.name() != "$eq" || only.AsDocument().Count() != 1) return matcher;
  }
  matcher.id_key_ = OrderKey(wanted);
  return matcher;
}

}  // namespace dbstow::doubles::mongodb
