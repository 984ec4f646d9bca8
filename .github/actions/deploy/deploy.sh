#!/usr/bin/env bash
# Plans, publishes, and says so in the job's summary and on the pull request. action.yml says what the variables are.
set -euo pipefail

plan="$RUNNER_TEMP/flask-cdn-stack-plan.txt"
result="$RUNNER_TEMP/flask-cdn-stack-deploy.json"
report="$RUNNER_TEMP/flask-cdn-stack-report.md"
token=${COMMENT_TOKEN:-}
unset COMMENT_TOKEN  # the app that is loaded need not have it
# A later run on the same pull request finds its comment by this line.
marker="<!-- flask-cdn-stack $(jq -rn 'env.FLASK_CDN_STACK_STAGE // "" | @base64') -->"

# Indented by four, whatever the name of a file is, it is text in Markdown.
indent() {
  head -c 50000 | tr -d '\000-\010\013-\037' | sed 's/^/    /'
}

describe() {
  echo "$marker"
  if [[ $DRY_RUN == true ]]; then echo "### Static files: the plan"; else echo "### Static files"; fi
  echo
  echo "$changes to upload or delete."
  echo
  indent < "$plan"
  echo
  if [[ $DRY_RUN == true ]]; then return; fi
  jq -r '"Release \(.release): \(.uploaded | length) uploaded, \(.unchanged) unchanged."' "$result"
  echo
  jq -r '(.verify.failed // [])[:50][] | "\(.url) \(.problem)"' "$result" | indent
}

comment() {
  local number comments id
  number=$(jq -r '.pull_request.number // empty' "$GITHUB_EVENT_PATH")
  if [[ -z $number ]]; then return; fi
  comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
  id=$(gh api --paginate "$comments" | jq -rs --arg marker "$marker" \
    '[.[][] | select((.body | startswith($marker)) and .user.type == "Bot") | .id] | first // empty') || return 1
  if [[ -n $id ]]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@"$report"
  else
    gh api --silent "$comments" --field body=@"$report"
  fi
}

flask-cdn-stack deploy --dry-run > "$plan"
changes=$(grep -c . "$plan" || true)
echo "changes=$changes" >> "$GITHUB_OUTPUT"

status=0
if [[ $DRY_RUN != true ]]; then
  options=(--json)
  if [[ $VERIFY == true ]]; then options+=(--verify); fi
  flask-cdn-stack deploy "${options[@]}" > "$result" || status=$?
  echo "release=$(jq -r '.release // empty' "$result")" >> "$GITHUB_OUTPUT"
fi

describe > "$report"
cat "$report" >> "$GITHUB_STEP_SUMMARY"
if [[ $COMMENT == true ]]; then
  # A pull request from a fork has no token that may write.
  GH_TOKEN="$token" comment || echo "::warning::The comment could not be written; the summary has it."
fi
exit "$status"
