#include "doubles/snowflake/exec/select.h"

#include <algorithm>
#include <map>
#include <set>

#include "doubles/snowflake/exec/aggregate.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

/// One SELECT while it runs.
class Selection {
 public:
  Selection(const Execution& execution, const SelectStatement& select)
      : execution_(execution), select_(select), evaluator_(execution, source_.scope) {}

  Result<ResultSet> Run() {
    source_.rows = {Row{}};
    if (select_.from) {
      DBSTOW_ASSIGN(source_, OpenSource(execution_, *select_.from));
    }
    DBSTOW_TRY(ExpandItems());
    DBSTOW_TRY(NameColumns());
    DBSTOW_TRY(Filter());
    if (IsGrouped()) {
      DBSTOW_TRY(ProjectGroups());
    } else {
      DBSTOW_TRY(ProjectRows());
    }
    if (select_.distinct) KeepDistinct();
    DBSTOW_TRY(Sort());
    DBSTOW_TRY(Limit());
    for (Output& output : outputs_) result_.rows.push_back(std::move(output.row));
    return std::move(result_);
  }

 private:
  struct Output {
    Row row;
    Row keys;
  };

  [[nodiscard]] bool IsGrouped() const {
    if (!select_.group_by.empty()) return true;
    return std::any_of(items_.begin(), items_.end(),
                       [](const SelectItem& item) { return ContainsAggregate(item.expression); });
  }

  Result<void> ExpandItems() {
    for (const SelectItem& item : select_.items) {
      if (item.expression.kind != ExpressionKind::kStar) {
        items_.push_back(item);
        continue;
      }
      if (!select_.from) {
        return CompilationError({"002099", "42601"}, "SELECT with no columns");
      }
      for (const ScopeColumn& column : source_.scope.columns) {
        if (column.table == kGeneratorTable) continue;
        SelectItem expanded;
        expanded.expression.kind = ExpressionKind::kColumn;
        expanded.expression.position = static_cast<int>(&column - source_.scope.columns.data()) + 1;
        expanded.alias = column.name;
        items_.push_back(std::move(expanded));
      }
    }
    return {};
  }

  Result<void> NameColumns() {
    for (const SelectItem& item : items_) {
      DBSTOW_ASSIGN(const DataType type, evaluator_.TypeOfExpression(item.expression));
      std::string name = item.alias;
      if (name.empty() && item.expression.kind == ExpressionKind::kColumn) {
        name = item.expression.position > 0 ? "$" + std::to_string(item.expression.position)
                                            : item.expression.name.last();
      }
      if (name.empty()) name = DefaultName(item.expression);
      result_.columns.push_back(ResultColumn{std::move(name), type});
    }
    return {};
  }

  // The vendor names such a column by the expression's text; a function by its call.
  static std::string DefaultName(const Expression& expression) {
    if (expression.kind == ExpressionKind::kLiteral) {
      const bool text = std::holds_alternative<std::string>(expression.value);
      if (IsNull(expression.value)) return "NULL";
      return text ? "'" + ToText(expression.value) + "'" : ToText(expression.value);
    }
    if (expression.kind == ExpressionKind::kCall) {
      std::string name = expression.text + "(";
      for (const Expression& argument : expression.arguments) {
        if (name.back() != '(') name += ", ";
        name += DefaultName(argument);
      }
      return name + ")";
    }
    if (expression.kind == ExpressionKind::kColumn && expression.position == 0) {
      return expression.name.last();
    }
    if (expression.kind == ExpressionKind::kStar) return "*";
    if (expression.kind == ExpressionKind::kCast) return DefaultName(expression.arguments[0]);
    if (expression.kind == ExpressionKind::kBinary) {
      return DefaultName(expression.arguments[0]) + " " + expression.text + " " +
             DefaultName(expression.arguments[1]);
    }
    return "EXPR";
  }

  Result<void> Filter() {
    if (!select_.where) return {};
    std::vector<Row> kept;
    for (Row& row : source_.rows) {
      DBSTOW_ASSIGN(const bool holds, evaluator_.Test(*select_.where, row));
      if (holds) kept.push_back(std::move(row));
    }
    source_.rows = std::move(kept);
    return {};
  }

  Result<void> ProjectRows() {
    for (const Row& row : source_.rows) {
      Output output;
      for (const SelectItem& item : items_) {
        DBSTOW_ASSIGN(Value value, evaluator_.Evaluate(item.expression, row));
        output.row.push_back(std::move(value));
      }
      for (const OrderItem& order : select_.order_by) {
        DBSTOW_ASSIGN(Value key, SortKey(order.expression, output.row, row));
        output.keys.push_back(std::move(key));
      }
      outputs_.push_back(std::move(output));
    }
    return {};
  }

  Result<void> ProjectGroups() {
    DBSTOW_ASSIGN(const auto groups, GroupRows());
    for (const auto& group : groups) {
      Output output;
      for (const SelectItem& item : items_) {
        DBSTOW_ASSIGN(Value value, EvaluateGrouped(evaluator_, item.expression, group, keys_));
        output.row.push_back(std::move(value));
      }
      for (const OrderItem& order : select_.order_by) {
        const auto at = OutputPosition(order.expression);
        if (at) {
          output.keys.push_back(output.row[*at]);
          continue;
        }
        DBSTOW_ASSIGN(Value key, EvaluateGrouped(evaluator_, order.expression, group, keys_));
        output.keys.push_back(std::move(key));
      }
      outputs_.push_back(std::move(output));
    }
    return {};
  }

  Result<std::vector<std::vector<const Row*>>> GroupRows() {
    for (const Expression& key : select_.group_by) {
      const auto at = OutputPosition(key);
      keys_.push_back(at ? items_[*at].expression : key);
      if (keys_.back().kind != ExpressionKind::kColumn)
        return Unsupported("GROUP BY an expression");
    }
    std::map<std::string, size_t> positions;
    std::vector<std::vector<const Row*>> groups;
    if (keys_.empty()) groups.emplace_back();
    for (const Row& row : source_.rows) {
      std::string identity;
      for (const Expression& key : keys_) {
        DBSTOW_ASSIGN(const Value value, evaluator_.Evaluate(key, row));
        identity += Identity(value);
      }
      if (!keys_.empty() && positions.emplace(identity, groups.size()).second)
        groups.emplace_back();
      groups[keys_.empty() ? 0 : positions[identity]].push_back(&row);
    }
    return groups;
  }

  static std::string Identity(const Value& value) {
    const auto wire = ToWire(value);
    return wire ? std::to_string(wire->size()) + ":" + *wire : "-";
  }

  // A number or an alias in ORDER BY and GROUP BY means an output column.
  [[nodiscard]] std::optional<size_t> OutputPosition(const Expression& expression) const {
    if (expression.kind == ExpressionKind::kLiteral) {
      const auto* number = std::get_if<Decimal>(&expression.value);
      if (number != nullptr && number->scale == 0 && number->units >= 1 &&
          number->units <= static_cast<Int128>(items_.size())) {
        return static_cast<size_t>(number->units) - 1;
      }
    }
    if (expression.kind != ExpressionKind::kColumn || expression.name.parts.size() != 1) {
      return std::nullopt;
    }
    for (size_t at = 0; at < items_.size(); ++at) {
      if (items_[at].alias == expression.name.last()) return at;
    }
    return std::nullopt;
  }

  Result<Value> SortKey(const Expression& expression, const Row& output, const Row& row) {
    if (const auto at = OutputPosition(expression)) return output[*at];
    return evaluator_.Evaluate(expression, row);
  }

  void KeepDistinct() {
    std::set<std::string> seen;
    std::erase_if(outputs_, [&](const Output& output) {
      std::string identity;
      for (const Value& value : output.row) identity += Identity(value);
      return !seen.insert(identity).second;
    });
  }

  // NULLs sort as the greatest, the vendor's default.
  Result<void> Sort() {
    std::optional<Error> failed;
    const auto before = [&](const Output& a, const Output& b) {
      for (size_t at = 0; at < select_.order_by.size(); ++at) {
        const Value& x = a.keys[at];
        const Value& y = b.keys[at];
        int order = static_cast<int>(IsNull(x)) - static_cast<int>(IsNull(y));
        if (!IsNull(x) && !IsNull(y)) {
          const auto compared = Compare(x, y);
          if (!compared) {
            failed = compared.error();
            return false;
          }
          order = *compared;
        }
        if (order != 0) return select_.order_by[at].descending ? order > 0 : order < 0;
      }
      return false;
    };
    std::stable_sort(outputs_.begin(), outputs_.end(), before);
    if (failed) return *failed;
    return {};
  }

  Result<void> Limit() {
    const auto read = [&](const std::optional<Expression>& expression,
                          size_t fallback) -> Result<size_t> {
      if (!expression) return fallback;
      DBSTOW_ASSIGN(const Value value, evaluator_.Evaluate(*expression, {}));
      if (IsNull(value)) return fallback;
      DBSTOW_ASSIGN(const Value number, Cast(value, DataType{TypeKind::kNumber, 18, 0}));
      const Int128 units = std::get<Decimal>(number).units;
      if (units < 0)
        return CompilationError(codes::kInvalidValue,
                                "invalid value [" + ToText(value) + "] for LIMIT");
      return static_cast<size_t>(units);
    };
    DBSTOW_ASSIGN(const size_t limit, read(select_.limit, outputs_.size()));
    DBSTOW_ASSIGN(const size_t offset, read(select_.offset, 0));
    const size_t first = std::min(offset, outputs_.size());
    outputs_.erase(outputs_.begin(), outputs_.begin() + static_cast<std::ptrdiff_t>(first));
    if (outputs_.size() > limit) outputs_.resize(limit);
    return {};
  }

  const Execution& execution_;
  const SelectStatement& select_;
  Source source_;
  Evaluator evaluator_;
  std::vector<SelectItem> items_;
  Expressions keys_;
  std::vector<Output> outputs_;
  ResultSet result_;
};

}  // namespace

Result<ResultSet> ExecuteSelect(const Execution& execution, const SelectStatement& select) {
  return Selection(execution, select).Run();
}

}  // namespace dbstow::doubles::snowflake
