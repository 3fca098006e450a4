#include "doubles/mongodb/query/pipeline.h"

#include <algorithm>
#include <map>
#include <random>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/time_series.h"
#include "doubles/mongodb/query/expression.h"
#include "doubles/mongodb/query/matcher.h"
#include "doubles/mongodb/query/projection.h"
#include "doubles/mongodb/query/sort.h"
#include "doubles/mongodb/query/update.h"

namespace dbstow::doubles::mongodb {
namespace {

using Documents = Pipeline::Documents;
using Stage = Pipeline::Stage;

Result<Stage> Match(const Element& body) {
  if (!body.Is(BsonType::kObject)) {
    constexpr int kMatchNeedsObject = 15959;
    return CommandFailure(kMatchNeedsObject, "the match filter must be an expression in an object");
  }
  DBSTOW_ASSIGN(const Matcher matcher, Matcher::Parse(body.AsDocument()));
  return Stage([matcher](Documents documents) -> Result<Documents> {
    std::erase_if(documents, [&](const std::string& d) { return !matcher.Matches(d); });
    return documents;
  });
}

Result<Stage> Sample(const Element& body) {
  constexpr int kBadSize = 28747;
  const Element size = body.AsDocument()["size"];
  if (!size.IsNumber() || size.AsInt64() <= 0) {
    return CommandFailure(kBadSize, "size argument to $sample must be a positive integer");
  }
  return Stage([count = size.AsInt64()](Documents documents) -> Result<Documents> {
    std::mt19937_64 random{std::random_device()()};
    std::shuffle(documents.begin(), documents.end(), random);
    if (documents.size() > static_cast<std::size_t>(count)) {
      documents.resize(static_cast<std::size_t>(count));
    }
    return documents;
  });
}

Result<Stage> Project(const Element& body) {
  DBSTOW_ASSIGN(const Projection projection, Projection::Parse(body.AsDocument()));
  return Stage([projection](Documents documents) -> Result<Documents> {
    for (std::string& document : documents) document = projection.Apply(document);
    return documents;
  });
}

Result<Stage> Sort(const Element& body) {
  DBSTOW_TRY(CheckSort(body.AsDocument()));
  return Stage([sort = body.AsDocument().Copy()](Documents documents) -> Result<Documents> {
    std::stable_sort(documents.begin(), documents.end(),
                     [&](const std::string& left, const std::string& right) {
                       return SortKey(sort, left) < SortKey(sort, right);
                     });
    return documents;
  });
}

Result<Stage> SkipOrLimit(const Element& body) {
  constexpr int kBadLimit = 15957;
  const bool skip = body.name() == "$skip";
  const std::int64_t count = body.AsInt64();
  if (!body.IsNumber() || count < 0 || (!skip && count == 0)) {
    return CommandFailure(kBadLimit, "invalid argument to " + std::string(body.name()) + " stage");
  }
  return Stage([skip, count](Documents documents) -> Result<Documents> {
    const auto at =
        static_cast<std::ptrdiff_t>(std::min(documents.size(), static_cast<std::size_t>(count)));
    if (skip) {
      documents.erase(documents.begin(), documents.begin() + at);
    } else {
      documents.resize(static_cast<std::size_t>(at));
    }
    return documents;
  });
}

Result<Stage> CountAll(const Element& body) {
  constexpr int kBadField = 40156;
  const std::string field(body.AsString());
  if (field.empty() || field[0] == '$') {
    return CommandFailure(kBadField, "the count field must be a non-empty string");
  }
  return Stage([field](Documents documents) -> Result<Documents> {
    if (documents.empty()) return Documents();
    return Documents{Builder().Add(field, static_cast<std::int32_t>(documents.size())).Finish()};
  });
}

/// Groups by any expression and counts: each accumulator must be `{$sum: number}`.
Result<Stage> Group(const Element& body) {
  constexpr int kUnknownAccumulator = 15952;
  constexpr int kNoId = 15955;
  const Document specification = body.AsDocument();
  if (!specification.Has("_id")) {
    return CommandFailure(kNoId, "a group specification must include an _id");
  }
  DBSTOW_ASSIGN(const Expression id, Expression::Parse(specification["_id"]));
  std::vector<std::pair<std::string, std::int64_t>> sums;
  for (const Element& field : specification) {
    if (field.name() == "_id") continue;
    const Element accumulator = field.AsDocument().First();
    if (accumulator.name() != "$sum" || !accumulator.IsNumber()) {
      return CommandFailure(kUnknownAccumulator,
                            "unknown group operator '" + std::string(accumulator.name()) + "'");
    }
    sums.emplace_back(field.name(), accumulator.AsInt64());
  }
  return Stage([id, sums](const Documents& documents) -> Result<Documents> {
    std::map<std::string, std::pair<Value, std::int64_t>> groups;
    for (const std::string& document : documents) {
      Value key = id.Of(document);
      if (!key.view()) key = Value(BsonType::kNull, "");
      auto& group = groups[OrderKey(key.view())];
      group.first = std::move(key);
      ++group.second;
    }
    Documents out;
    for (const auto& [order, group] : groups) {
      Builder made;
      made.Add("_id", group.first.view());
      for (const auto& [name, each] : sums) {
        std::int64_t sum = 0;
        if (__builtin_mul_overflow(each, group.second, &sum)) {
          return CommandFailure(kOverflow, "$sum is too large");
        }
        if (sum == static_cast<std::int32_t>(sum)) {
          made.Add(name, static_cast<std::int32_t>(sum));
        } else {
          made.Add(name, sum);
        }
      }
      out.push_back(made.Finish());
    }
    return out;
  });
}

Result<Stage> ReplaceRoot(const Element& body) {
  constexpr int kNotAnObject = 40228;
  const Element root = body.name() == "$replaceRoot" ? body.AsDocument()["newRoot"] : body;
  DBSTOW_ASSIGN(const Expression expression, Expression::Parse(root));
  return Stage([expression](Documents documents) -> Result<Documents> {
    for (std::string& document : documents) {
      const Value made = expression.Of(document);
      if (!made.view().Is(BsonType::kObject)) {
        return CommandFailure(kNotAnObject, "'newRoot' expression must evaluate to an object");
      }
      document = made.view().AsDocument().Copy();
    }
    return documents;
  });
}

Result<Stage> Unset(const Element& body) {
  std::vector<std::string> paths;
  if (body.Is(BsonType::kString)) paths.emplace_back(body.AsString());
  for (const Element& path : body.AsDocument()) paths.emplace_back(path.AsString());
  return Stage([paths](Documents documents) -> Result<Documents> {
    for (std::string& document : documents) {
      for (const std::string& path : paths) {
        DBSTOW_ASSIGN(document, WithValueAt(document, path, Element()));
      }
    }
    return documents;
  });
}

Result<Stage> UnpackBucket(const Element& body) {
  DBSTOW_ASSIGN(const TimeSeries series, TimeSeries::Parse(body));
  return Stage([series](const Documents& buckets) -> Result<Documents> {
    Documents measurements;
    for (const std::string& bucket : buckets) {
      DBSTOW_ASSIGN(Documents unpacked, series.Unpack(bucket));
      std::move(unpacked.begin(), unpacked.end(), std::back_inserter(measurements));
    }
    return measurements;
  });
}

Result<Stage> ParseStage(const Element& body) {
  constexpr int kUnknownStage = 40324;
  const std::string_view name = body.name();
  if (name == "$match") return Match(body);
  if (name == "$sample") return Sample(body);
  if (name == "$project") return Project(body);
  if (name == "$sort") return Sort(body);
  if (name == "$skip" || name == "$limit") return SkipOrLimit(body);
  if (name == "$count") return CountAll(body);
  if (name == "$group") return Group(body);
  if (name == "$replaceRoot" || name == "$replaceWith") return ReplaceRoot(body);
  if (name == "$unset") return Unset(body);
  if (name == "$_internalUnpackBucket") return UnpackBucket(body);
  return CommandFailure(kUnknownStage,
                        "Unrecognized pipeline stage name: '" + std::string(name) + "'");
}

}  // namespace

Result<Pipeline> Pipeline::Parse(const Document& stages, Use use) {
  constexpr int kNotOneField = 40323;
  constexpr int kOnlyFirst = 40602;
  constexpr int kOnlyLast = 40601;
  Pipeline pipeline;
  const std::size_t count = stages.Count();
  std::size_t place = 0;
  for (const Element& stage : stages) {
    ++place;
    const Element body = stage.AsDocument().First();
    if (!stage.Is(BsonType::kObject) || stage.AsDocument().Count() != 1) {
      return CommandFailure(
          kNotOneField, "A pipeline stage specification object must contain exactly one field.");
    }
    if (body.name() == "$collStats") {
      if (place != 1) {
        return CommandFailure(kOnlyFirst,
                              "$collStats is only valid as the first stage in a pipeline");
      }
      pipeline.collection_stats_ = Value(body);
    } else if (body.name() == "$out" || body.name() == "$merge") {
      if (use == Use::kView) {
        return CommandFailure(kOptionNotSupportedOnView,
                              "The aggregation stage " + std::string(body.name()) +
                                  " in location 0 of the pipeline cannot be used in a view "
                                  "definition");
      }
      if (place != count) {
        return CommandFailure(
            kOnlyLast, std::string(body.name()) + " can only be the final stage in the pipeline");
      }
      pipeline.output_ = stage.AsDocument().Copy();
    } else {
      DBSTOW_ASSIGN(Stage parsed, ParseStage(body));
      pipeline.stages_.push_back(std::move(parsed));
    }
  }
  return pipeline;
}

Result<Pipeline::Documents> Pipeline::Run(Documents documents) const {
  for (const Stage& stage : stages_) {
    DBSTOW_ASSIGN(documents, stage(std::move(documents)));
  }
  return documents;
}

}  // namespace dbstow::doubles::mongodb
