#include "doubles/mongodb/query/expression.h"

#include <vector>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kInvalidPipelineOperator = 168;
constexpr int kWrongArity = 16020;

Value FieldAt(const Document& document, std::string_view path) {
  const std::size_t dot = path.find('.');
  const Element value = document[path.substr(0, dot)];
  if (dot == std::string_view::npos) return Value(value);
  if (!value.Is(BsonType::kObject)) return {};
  return FieldAt(value.AsDocument(), path.substr(dot + 1));
}

using Accepts = bool (*)(int);

Accepts ComparisonNamed(std::string_view name) {
  if (name == "$eq") return [](int c) { return c == 0; };
  if (name == "$ne") return [](int c) { return c != 0; };
  if (name == "$gt") return [](int c) { return c > 0; };
  if (name == "$gte") return [](int c) { return c >= 0; };
  if (name == "$lt") return [](int c) { return c < 0; };
  if (name == "$lte") return [](int c) { return c <= 0; };
  return nullptr;
}

}  // namespace

Result<Expression> Expression::Parse(const Element& element) {
  if (element.Is(BsonType::kString) && element.AsString().substr(0, 1) == "$") {
    const std::string path(element.AsString().substr(1));
    if (path == "$ROOT" || path == "$CURRENT") {
      return Expression(
          [](const Document& d) { return Value(BsonType::kObject, std::string(d.bytes())); });
    }
    if (path.empty() || path[0] == '$') {
      return CommandFailure(kFailedToParse, "Use of undefined variable: " + path);
    }
    return Expression([path](const Document& d) { return FieldAt(d, path); });
  }
  if (element.Is(BsonType::kObject) && element.AsDocument().First().name().substr(0, 1) == "$") {
    return ParseOperator(element.AsDocument().First());
  }
  return Expression([value = Value(element)](const Document&) { return value; });
}

Result<Expression> Expression::ParseOperator(const Element& op) {
  const std::string name(op.name());
  if (name == "$literal") {
    return Expression([value = Value(op)](const Document&) { return value; });
  }
  std::vector<Expression> operands;
  if (op.Is(BsonType::kArray)) {
    for (const Element& operand : op.AsDocument()) {
      DBSTOW_ASSIGN(Expression parsed, Parse(operand));
      operands.push_back(std::move(parsed));
    }
  } else {
    DBSTOW_ASSIGN(Expression parsed, Parse(op));
    operands.push_back(std::move(parsed));
  }
  const auto arity = [&](std::size_t wanted) -> Result<void> {
    if (operands.size() == wanted) return {};
    return CommandFailure(kWrongArity, "Expression " + name + " takes exactly " +
                                           std::to_string(wanted) + " arguments. " +
                                           std::to_string(operands.size()) + " were passed in.");
  };
  if (const Accepts accepts = ComparisonNamed(name)) {
    DBSTOW_TRY(arity(2));
    return Expression([operands, accepts](const Document& d) {
      const Value left = operands[0].Of(d);
      const Value right = operands[1].Of(d);
      return Value::Bool(accepts(CompareValues(left.view(), right.view())));
    });
  }
  if (name == "$not") {
    DBSTOW_TRY(arity(1));
    return Expression([operands](const Document& d) { return Value::Bool(!operands[0].Holds(d)); });
  }
  if (name == "$and" || name == "$or") {
    return Expression([operands, any = name == "$or"](const Document& d) {
      for (const Expression& operand : operands) {
        if (operand.Holds(d) == any) return Value::Bool(any);
      }
      return Value::Bool(!any);
    });
  }
  return CommandFailure(kInvalidPipelineOperator, "Unrecognized expression '" + name + "'");
}

}  // namespace dbstow::doubles::mongodb
