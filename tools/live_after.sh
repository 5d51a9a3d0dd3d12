aws iam delete-role-policy --role-name=rolemgr-live-check --policy-name=try
aws iam delete-role --role-name=rolemgr-live-check
