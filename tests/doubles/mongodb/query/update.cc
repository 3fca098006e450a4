#include "doubles/mongodb/query/update.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/query/expression.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kMaxArrayPadding = 1500000;
constexpr std::ptrdiff_t kMaxPathDots = 100;

Error NotViable(std::string_view name, const Element& at) {
  return CommandFailure(kPathNotViable, "Cannot create field '" + std::string(name) +
                                            "' in element of type " +
                                            std::string(TypeName(at.type())));
}

Result<std::string> SetInArray(const Document& array, std::string_view head, std::string_view rest,
                               const Element& value);

Result<Value> Inside(const Element& old, std::string_view rest, const Element& value) {
  if (rest.empty()) return Value(value);
  if (!old) {
    DBSTOW_ASSIGN(std::string made, WithValueAt(Document(), rest, value));
    return Value(BsonType::kObject, std::move(made));
  }
  if (old.Is(BsonType::kObject)) {
    DBSTOW_ASSIGN(std::string made, WithValueAt(old.AsDocument(), rest, value));
    return Value(BsonType::kObject, std::move(made));
  }
  if (old.Is(BsonType::kArray)) {
    const std::size_t dot = rest.find('.');
    DBSTOW_ASSIGN(std::string made, SetInArray(old.AsDocument(), rest.substr(0, dot),
                                               dot == std::string_view::npos ? std::string_view()
                                                                             : rest.substr(dot + 1),
                                               value));
    return Value(BsonType::kArray, std::move(made));
  }
  return NotViable(rest, old);
}

Result<std::string> SetInArray(const Document& array, std::string_view head, std::string_view rest,
                               const Element& value) {
  std::size_t place = 0;
  const auto parsed = std::from_chars(head.data(), head.data() + head.size(), place);
  if (parsed.ec != std::errc() || parsed.ptr != head.data() + head.size() ||
      place > kMaxArrayPadding) {
    return NotViable(head, Element(BsonType::kArray, {}, array.bytes()));
  }
  ArrayBuilder out;
  for (const Element& element : array) {
    if (out.count() != place) {
      out.Add(element);
      continue;
    }
    DBSTOW_ASSIGN(const Value inner, Inside(element, rest, value));
    if (inner.view()) {
      out.Add(inner.view());
    } else {
      out.Add(Null{});  // $unset leaves a hole
    }
  }
  if (place < out.count() || !value) return out.Finish();
  while (out.count() < place) out.Add(Null{});
  DBSTOW_ASSIGN(const Value inner, Inside(Element(), rest, value));
  out.Add(inner.view());
  return out.Finish();
}

Value FieldAt(const Document& document, std::string_view path) {
  const std::size_t dot = path.find('.');
  const Element value = document[path.substr(0, dot)];
  if (dot == std::string_view::npos) return Value(value);
  if (!value.IsContainer()) return {};
  return FieldAt(value.AsDocument(), path.substr(dot + 1));
}

template <class T>
Value NumberValue(BsonType type, T number) {
  return Value(type, std::string(reinterpret_cast<const char*>(&number), sizeof number));
}

Result<std::string> Increment(const Document& before, const std::string& path,
                              const Element& amount) {
  const Value held = FieldAt(before, path);
  const Element old = held.view();
  if (!old) return WithValueAt(before, path, amount);
  if (!old.IsNumber()) {
    return CommandFailure(kTypeMismatch,
                          "Cannot apply $inc to a value of non-numeric type. {_id: ...} has the "
                          "field '" +
                              path + "' of non-numeric type " + std::string(TypeName(old.type())));
  }
  Value sum;
  if (old.Is(BsonType::kDouble) || amount.Is(BsonType::kDouble)) {
    sum = NumberValue(BsonType::kDouble,
                      static_cast<double>(old.AsLongDouble() + amount.AsLongDouble()));
  } else {
    std::int64_t total = 0;
    if (__builtin_add_overflow(old.AsInt64(), amount.AsInt64(), &total)) {
      return CommandFailure(kBadValue, "Failed to apply $inc operations: integer overflow");
    }
    const bool narrow = old.Is(BsonType::kInt32) && amount.Is(BsonType::kInt32) &&
                        total == static_cast<std::int32_t>(total);
    sum = narrow ? NumberValue(BsonType::kInt32, static_cast<std::int32_t>(total))
                 : NumberValue(BsonType::kInt64, total);
  }
  return WithValueAt(before, path, sum.view());
}

Result<std::string> Push(const Document& before, const std::string& path, const Element& value) {
  const Value held = FieldAt(before, path);
  if (held.view() && !held.view().Is(BsonType::kArray)) {
    return CommandFailure(kBadValue, "The field '" + path + "' must be an array but is of type " +
                                         std::string(TypeName(held.view().type())));
  }
  ArrayBuilder elements;
  for (const Element& element : held.view().AsDocument()) elements.Add(element);
  const Element each = value.AsDocument()["$each"];
  if (each.Is(BsonType::kArray)) {
    for (const Element& element : each.AsDocument()) elements.Add(element);
  } else {
    elements.Add(value);
  }
  const std::string grown = elements.Finish();
  return WithValueAt(before, path, Element(BsonType::kArray, {}, grown));
}

using Operator = Result<std::string> (*)(const Document&, const std::string&, const Element&);

Operator OperatorNamed(std::string_view name) {
  if (name == "$set" || name == "$setOnInsert") {
    return [](const Document& d, const std::string& path, const Element& value) {
      return WithValueAt(d, path, value);
    };
  }
  if (name == "$unset") {
    return [](const Document& d, const std::string& path, const Element&) {
      return WithValueAt(d, path, Element());
    };
  }
  if (name == "$inc") return Increment;
  if (name == "$push") return Push;
  return nullptr;
}

/// `replacement` under the `_id` that the document has already.
Result<std::string> Replace(const Document& before, const Document& replacement) {
  const Element id = before["_id"];
  const Element wanted = replacement["_id"];
  if (id && wanted && CompareValues(id, wanted) != 0) {
    return CommandFailure(kImmutableField,
                          "After applying the update, the (immutable) field '_id' was found to "
                          "have been altered");
  }
  Builder out;
  if (id) out.Add(id);
  for (const Element& field : replacement) {
    if (!(id && field.name() == "_id")) out.Add(field);
  }
  return out.Finish();
}

}  // namespace

Result<std::string> WithValueAt(const Document& document, std::string_view path,
                                const Element& value) {
  if (std::count(path.begin(), path.end(), '.') > kMaxPathDots) {
    return CommandFailure(kOverflow, "FieldPath is too long");
  }
  const std::size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view rest =
      dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  Builder out;
  bool found = false;
  for (const Element& field : document) {
    if (field.name() != head) {
      out.Add(field);
      continue;
    }
    found = true;
    if (!value && !rest.empty() && !field.IsContainer()) {
      out.Add(field);
      continue;
    }
    DBSTOW_ASSIGN(const Value inner, Inside(field, rest, value));
    if (inner.view()) out.Add(head, inner.view());
  }
  if (!found && value) {
    DBSTOW_ASSIGN(const Value inner, Inside(Element(), rest, value));
    out.Add(head, inner.view());
  }
  return out.Finish();
}

Result<Update> Update::Parse(const Element& specification) {
  Update update;
  const Document document = specification.AsDocument();
  if (specification.Is(BsonType::kArray)) {
    DBSTOW_TRY(update.ParsePipeline(document));
    return update;
  }
  if (!specification.Is(BsonType::kObject)) {
    return CommandFailure(kFailedToParse, "Update argument must be either an object or an array");
  }
  if (document.First().name().substr(0, 1) == "$") {
    DBSTOW_TRY(update.ParseOperators(document));
    return update;
  }
  update.replaces_ = true;
  update.steps_.push_back([replacement = document.Copy()](const Document& before) {
    return Replace(before, replacement);
  });
  return update;
}

Result<void> Update::ParseOperators(const Document& operators) {
  std::set<std::string> paths;
  for (const Element& op : operators) {
    const Operator apply = OperatorNamed(op.name());
    if (apply == nullptr) {
      return CommandFailure(kFailedToParse,
                            "Unknown modifier: " + std::string(op.name()) +
                                ". Expected a valid update modifier or pipeline-style update "
                                "specified as an array");
    }
    if (!op.Is(BsonType::kObject)) {
      return CommandFailure(kFailedToParse, "Modifiers operate on fields but we found type " +
                                                std::string(TypeName(op.type())) + " instead");
    }
    for (const Element& field : op.AsDocument()) {
      std::string path(field.name());
      if (path.empty()) {
        return CommandFailure(kEmptyFieldName, "An empty update path is not valid.");
      }
      if (op.name() == "$inc" && !field.IsNumber()) {
        return CommandFailure(kTypeMismatch, "Cannot increment with non-numeric argument");
      }
      if (!paths.insert(path).second) {
        return CommandFailure(
            kConflictingUpdateOperators,
            "Updating the path '" + path + "' would create a conflict at '" + path + "'");
      }
      auto& list = op.name() == "$setOnInsert" ? insert_steps_ : steps_;
      list.push_back([apply, path, value = Value(field)](const Document& before) {
        return apply(before, path, value.view());
      });
    }
  }
  return {};
}

Result<void> Update::ParsePipeline(const Document& stages) {
  constexpr int kUnknownStage = 40324;
  for (const Element& stage : stages) {
    const Element body = stage.AsDocument().First();
    const std::string_view name = body.name();
    if (name == "$replaceRoot" || name == "$replaceWith") {
      const Element root = name == "$replaceRoot" ? body.AsDocument()["newRoot"] : body;
      DBSTOW_ASSIGN(const Expression expression, Expression::Parse(root));
      steps_.push_back([expression](const Document& before) -> Result<std::string> {
        const Value made = expression.Of(before);
        return Replace(before, made.view().AsDocument());
      });
    } else if (name == "$set" || name == "$addFields") {
      for (const Element& field : body.AsDocument()) {
        DBSTOW_ASSIGN(const Expression expression, Expression::Parse(field));
        steps_.push_back([path = std::string(field.name()), expression](const Document& before) {
          const Value made = expression.Of(before);
          return WithValueAt(before, path, made.view());
        });
      }
    } else if (name == "$unset" && body.Is(BsonType::kString)) {
      steps_.push_back([path = std::string(body.AsString())](const Document& before) {
        return WithValueAt(before, path, Element());
      });
    } else {
      return CommandFailure(kUnknownStage,
                            "Unrecognized pipeline stage name: '" + std::string(name) + "'");
    }
  }
  return {};
}

Result<std::string> Update::Run(const Document& before, bool inserting) const {
  std::string document = before.Copy();
  for (const Step& step : steps_) {
    DBSTOW_ASSIGN(document, step(document));
  }
  for (const Step& step : insert_steps_) {
    if (!inserting) break;
    DBSTOW_ASSIGN(document, step(document));
  }
  return document;
}

Result<std::string> Update::Apply(const Document& before) const {
  DBSTOW_ASSIGN(std::string after, Run(before, false));
  if (CompareValues(before["_id"], Document(after)["_id"]) != 0) {
    return CommandFailure(kImmutableField,
                          "Performing an update on the path '_id' would modify the immutable "
                          "field '_id'");
  }
  return after;
}

Result<std::string> Update::ForInsert(const Document& filter) const {
  // The equalities of the filter are fields of the new document; of a replacement only `_id`.
  std::string start = Builder().Finish();
  for (const Element& field : filter) {
    if (field.name().substr(0, 1) == "$" || (replaces_ && field.name() != "_id")) continue;
    Element value = field;
    if (field.Is(BsonType::kObject) && field.AsDocument().First().name().substr(0, 1) == "$") {
      value = field.AsDocument()["$eq"];
      if (!value) continue;
    }
    DBSTOW_ASSIGN(start, WithValueAt(start, field.name(), value));
  }
  return Run(start, true);
}

}  // namespace dbstow::doubles::mongodb
