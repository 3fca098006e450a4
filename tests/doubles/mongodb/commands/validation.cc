#include "doubles/mongodb/commands/validation.h"

#include "doubles/mongodb/model/time_series.h"

namespace dbstow::doubles::mongodb {

Result<void> CheckValidator(const Collection& collection, const Document& after,
                            const Document* before) {
  const Document options = collection.options();
  const Element validator = options["validator"];
  const std::string_view level = options["validationLevel"].AsString();
  if (!validator || level == "off" || options["validationAction"].AsString() == "warn") return {};
  DBSTOW_ASSIGN(const Matcher matcher, Matcher::Parse(validator.AsDocument()));
  if (matcher.Matches(after)) return {};
  // Moderate: what was invalid before may stay so.
  if (level == "moderate" && before != nullptr && !matcher.Matches(*before)) return {};
  return CommandFailure(kDocumentValidationFailure, "Document failed validation");
}

Result<void> CheckBucket(const Collection& collection, const Document& document) {
  const Document options = collection.options();
  if (!options.Has("timeseries") || options[kMayHaveMixedSchema].Truthy()) return {};
  const Document control = document["control"].AsDocument();
  if (!HasMixedSchema(control["min"].AsDocument(), control["max"].AsDocument())) return {};
  constexpr int kMixedSchema = 408;
  return CommandFailure(kMixedSchema,
                        "Cannot write time-series bucket containing mixed schema data, please run "
                        "collMod with timeseriesBucketsMayHaveMixedSchemaData and retry your "
                        "insert");
}

Result<bool> BypassesValidation(const Context& context, const Namespace& ns) {
  if (!context.command["bypassDocumentValidation"].Truthy()) return false;
  DBSTOW_TRY(context.Authorize("bypassDocumentValidation", ns));
  return true;
}

}  // namespace dbstow::doubles::mongodb
