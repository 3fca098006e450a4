#include <algorithm>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/source.h"
#include "doubles/mongodb/commands/validation.h"
#include "doubles/mongodb/model/ids.h"
#include "doubles/mongodb/query/pipeline.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::int64_t kFirstBatch = 101;

Result<std::string> CollectionStats(Context& context, const Namespace& ns,
                                    const Element& specification) {
  const Collection* collection = context.catalog().Find(ns);
  if (collection == nullptr) {
    return CommandFailure(kNamespaceNotFound, "Collection [" + ns.Full() + "] not found.");
  }
  DBSTOW_TRY(context.Authorize("collStats", ns));
  Builder document;
  document.String("ns", ns.Full()).String("host", context.node.address());
  document.Add("localTime", Date{context.catalog().clock().NowMs()});
  const Document asked = specification.AsDocument();
  if (asked.Has("storageStats")) {
    const std::int64_t count = collection->count();
    Builder sizes;
    for (const Index& index : collection->indexes()) sizes.Add(index.name, std::int64_t{4096});
    const std::string index_sizes = sizes.Finish();
    Builder stats;
    stats.Add("size", collection->bytes()).Add("count", count);
    if (count > 0) stats.Add("avgObjSize", collection->bytes() / count);
    stats.Add("storageSize", collection->bytes())
        .Add("capped", collection->capped())
        .Add("nindexes", static_cast<std::int32_t>(collection->indexes().size()))
        .Add("indexSizes", Document(index_sizes))
        .Add("totalIndexSize",
             static_cast<std::int64_t>(collection->indexes().size()) * std::int64_t{4096})
        .Add("scaleFactor", 1);
    const std::string made = stats.Finish();
    document.Add("storageStats", Document(made));
  }
  if (asked.Has("count")) document.Add("count", collection->count());
  return document.Finish();
}

Result<Namespace> OutputNamespace(const Context& context, const Element& target) {
  if (target.Is(BsonType::kString)) return Namespace{context.db, std::string(target.AsString())};
  const Document document = target.AsDocument();
  const std::string_view db = document["db"].AsString();
  const std::string_view collection = document["coll"].AsString();
  if (collection.empty()) return CommandFailure(kFailedToParse, "an output needs a collection");
  return Namespace{db.empty() ? context.db : std::string(db), std::string(collection)};
}

/// Errors: `code` for the databases that belong to the server.
Result<void> CheckOutput(const Namespace& ns, std::string_view stage, int code) {
  if (ns.db != "admin" && ns.db != "config" && ns.db != "local") return {};
  return CommandFailure(code, "Can't " + std::string(stage) + " to internal database: " + ns.db);
}

std::string WithId(const Context& context, const std::string& document) {
  if (Document(document).Has("_id")) return document;
  const auto seconds = static_cast<std::uint32_t>(context.catalog().clock().NowMs() / 1000);
  return Builder().Add("_id", ObjectId{NewObjectId(seconds)}).AddAll(Document(document)).Finish();
}

/// Into a temporary collection, which takes the place of the old one at the end, with its options
/// and indexes.
Result<void> Out(Context& context, const Element& body, const std::vector<std::string>& documents) {
  constexpr int kOutToInternal = 31321;
  DBSTOW_ASSIGN(const Namespace ns, OutputNamespace(context, body));
  DBSTOW_TRY(CheckOutput(ns, "$out", kOutToInternal));
  DBSTOW_TRY(context.Authorize("insert", ns));
  DBSTOW_TRY(context.Authorize("remove", ns));
  DBSTOW_ASSIGN(const bool bypass, BypassesValidation(context, ns));
  if (!context.catalog().FindView(ns).empty()) {
    return CommandFailure(kCommandNotSupportedOnView,
                          "Namespace " + ns.Full() + " is a view, not a collection");
  }
  const Collection* old = context.catalog().Find(ns);
  if (old != nullptr && old->capped()) {
    constexpr int kOutToCapped = 17152;
    return CommandFailure(kOutToCapped,
                          "namespace '" + ns.Full() + "' is capped so it can't be used for $out");
  }
  Writer& writer = context.node.writer();
  const std::string options = old != nullptr ? old->options().Copy() : Builder().Finish();
  std::vector<std::string> specs;
  if (old != nullptr) {
    for (const Index& index : old->indexes()) {
      if (index.name != "_id_") specs.push_back(index.spec);
    }
  }
  const Namespace temporary{ns.db, "tmp.agg_out." + std::to_string(NewCursorId())};
  DBSTOW_ASSIGN(Collection* const fresh, writer.Create(temporary, options));
  const auto fill = [&]() -> Result<void> {
    DBSTOW_TRY(writer.AddIndexes(*fresh, specs));
    for (const std::string& document : documents) {
      const std::string body_with_id = WithId(context, document);
      if (!bypass) DBSTOW_TRY(CheckValidator(*fresh, body_with_id, nullptr));
      DBSTOW_TRY(writer.Insert(*fresh, body_with_id));
    }
    return writer.Rename(*fresh, ns);
  };
  Result<void> outcome = fill();
  if (!outcome) writer.Drop(*fresh);
  return outcome;
}

struct MergeModes {
  std::string_view when_matched;
  std::string_view when_not_matched;
  bool bypass_validation;
};

Result<void> MergeOne(Context& context, Collection& target, const std::string& document,
                      const MergeModes& modes) {
  Writer& writer = context.node.writer();
  const auto& [when_matched, when_not_matched, bypass] = modes;
  const auto found = View().FindById(target, OrderKey(Document(document)["_id"]));
  if (!found) {
    if (when_not_matched == "discard") return {};
    if (when_not_matched == "fail") {
      constexpr int kNoMatch = 13113;
      return CommandFailure(kNoMatch,
                            "$merge could not find a matching document in the target "
                            "collection for at least one document in the source "
                            "collection");
    }
    if (!bypass) DBSTOW_TRY(CheckValidator(target, document, nullptr));
    DBSTOW_TRY(writer.Insert(target, document));
    return {};
  }
  if (when_matched == "keepExisting") return {};
  if (when_matched == "fail") {
    return CommandFailure(kDuplicateKey, "$merge found a matching document in the target");
  }
  std::string after = document;
  if (when_matched == "merge") {
    Builder merged;
    for (const Element& field : Document(*found->second)) {
      const Element newer = Document(document)[field.name()];
      merged.Add(newer ? newer : field);
    }
    for (const Element& field : Document(document)) {
      if (!Document(*found->second).Has(field.name())) merged.Add(field);
    }
    after = merged.Finish();
  }
  if (after == *found->second) return {};
  const Document before(*found->second);
  if (!bypass) DBSTOW_TRY(CheckValidator(target, after, &before));
  return writer.Update(
      target, found->first, std::move(after),
      when_matched == "merge" ? Writer::LogAs::kDiff : Writer::LogAs::kReplacement);
}

Result<void> Merge(Context& context, const Element& body,
                   const std::vector<std::string>& documents) {
  const Document specification = body.AsDocument();
  const Element into = body.Is(BsonType::kString) ? body : specification["into"];
  constexpr int kMergeToInternal = 31320;
  DBSTOW_ASSIGN(const Namespace ns, OutputNamespace(context, into));
  DBSTOW_TRY(CheckOutput(ns, "$merge", kMergeToInternal));
  DBSTOW_TRY(context.Authorize("insert", ns));
  DBSTOW_TRY(context.Authorize("update", ns));
  const auto option = [&](const char* name, std::string_view fallback) {
    const std::string_view value = specification[name].AsString();
    return value.empty() ? fallback : value;
  };
  DBSTOW_TRY(RefuseOptions(specification, {"let"}));
  DBSTOW_ASSIGN(const bool bypass, BypassesValidation(context, ns));
  const MergeModes modes{option("whenMatched", "merge"), option("whenNotMatched", "insert"),
                         bypass};
  constexpr std::string_view kMatched[] = {"replace", "keepExisting", "merge", "fail"};
  constexpr std::string_view kNotMatched[] = {"insert", "discard", "fail"};
  const auto among = [](auto& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
  };
  if (specification["whenMatched"].Is(BsonType::kArray)) {
    return CommandFailure(kCommandNotSupported, "this server merges without pipelines only");
  }
  if (!among(kMatched, modes.when_matched) || !among(kNotMatched, modes.when_not_matched)) {
    return CommandFailure(kBadValue,
                          "Enumeration value of whenMatched or whenNotMatched of $merge is not a "
                          "valid value.");
  }
  if (const Element on = specification["on"]; on && on.AsString() != "_id") {
    return CommandFailure(kCommandNotSupported, "this server merges on _id only");
  }
  DBSTOW_ASSIGN(Collection* const target, context.node.writer().FindOrCreate(ns));
  for (const std::string& document : documents) {
    DBSTOW_TRY(MergeOne(context, *target, WithId(context, document), modes));
  }
  return {};
}

Result<void> Aggregate(Context& context, Builder& reply) {
  constexpr int kNoCollection = 73;
  const Element pipeline_field = context.command["pipeline"];
  const Document stages = pipeline_field.AsDocument();
  if (!pipeline_field.Is(BsonType::kArray)) {
    return CommandFailure(kTypeMismatch, "'pipeline' option must be specified as an array");
  }
  if (!context.command["cursor"].Is(BsonType::kObject)) {
    return CommandFailure(kFailedToParse,
                          "The 'cursor' option is required, except for aggregate with the "
                          "explain argument");
  }
  if (stages.First().AsDocument().First().name() == "$changeStream") {
    return Watch(context, stages, reply);
  }
  if (context.target().IsNumber()) {
    return CommandFailure(kNoCollection,
                          "{aggregate: 1} is not valid for this pipeline: a collection is needed");
  }
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  DBSTOW_TRY(CheckCollation(context.command["collation"]));
  DBSTOW_TRY(RefuseOptions(context.command, {"let"}));
  DBSTOW_ASSIGN(const Pipeline pipeline, Pipeline::Parse(stages, Pipeline::Use::kQuery));
  std::vector<std::string> documents;
  if (pipeline.collection_stats()) {
    DBSTOW_ASSIGN(std::string stats, CollectionStats(context, ns, pipeline.collection_stats()));
    documents.push_back(std::move(stats));
  } else {
    DBSTOW_TRY(context.Authorize("find", ns));
    DBSTOW_ASSIGN(documents, ReadAll(context, ns));
  }
  DBSTOW_ASSIGN(documents, pipeline.Run(std::move(documents)));
  if (!pipeline.output().empty()) {
    if (!context.node.IsPrimary()) {
      return CommandFailure(kNotWritablePrimary, "not primary");
    }
    if (context.transaction != nullptr) {
      return CommandFailure(kOperationNotSupportedInTransaction,
                            "$out and $merge cannot be used in a transaction");
    }
    DBSTOW_TRY(context.WaitUntil([&] { return context.node.lock_count == 0; }));
    const Element output = Document(pipeline.output()).First();
    DBSTOW_TRY(output.name() == "$out" ? Out(context, output, documents)
                                       : Merge(context, output, documents));
    documents.clear();
  }
  const Element size = context.command["cursor"].AsDocument()["batchSize"];
  return ReplyWithCursor(context, Cursor::OverDocuments(ns, std::move(documents)), ns.Full(),
                         size ? size.AsInt64() : kFirstBatch, reply);
}

constexpr CommandSpec kCommands[] = {
    {"aggregate", CommandSpec::Access::kOwn, "", CommandSpec::kReads | CommandSpec::kInTransaction,
     "pipeline cursor allowDiskUse bypassDocumentValidation hint collation let", Aggregate},
};

}  // namespace

std::span<const CommandSpec> AggregateCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
